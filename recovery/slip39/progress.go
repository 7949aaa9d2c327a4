package slip39

import (
	"fmt"
	"strings"
)

// Progress is how much of a set is there.
type Progress struct {
	GroupThreshold int // groups that are needed; 0 before the first share
	Groups         int
	Begun          []GroupProgress // of which there are shares, by number
}

// GroupProgress is how much of a group is there.
type GroupProgress struct {
	Group      int // from 0
	Have, Need int // members
}

// Done tells whether enough members are there.
func (g GroupProgress) Done() bool { return g.Have >= g.Need }

// Done tells whether the shares suffice.
func (p Progress) Done() bool { return p.GroupThreshold > 0 && p.groupsDone() >= p.GroupThreshold }

func (p Progress) groupsDone() int {
	n := 0
	for _, g := range p.Begun {
		if g.Done() {
			n++
		}
	}
	return n
}

// String says in one sentence what is missing.
func (p Progress) String() string {
	switch {
	case p.GroupThreshold == 0:
		return "there is no share yet"
	case p.Done():
		return "the shares suffice"
	}
	var open []string
	for _, g := range p.Begun {
		if !g.Done() && p.Groups == 1 {
			return count(g.Need-g.Have, "more share is needed", "more shares are needed")
		}
		if !g.Done() {
			open = append(open, fmt.Sprintf("%s of group %d", count(g.Need-g.Have, "more share", "more shares"), g.Group+1))
		}
	}
	groups := p.GroupThreshold - p.groupsDone()
	s := fmt.Sprintf("%d of %s complete; %d more must be", p.groupsDone(), count(p.Groups, "group is", "groups are"), groups)
	if len(open) > 0 {
		s += "; what is begun needs " + strings.Join(open, ", ")
	}
	return s
}

func count(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// Missing says how much is missing to combine shares. [*SetError] and
// [*ConflictError] as in [Combine].
func Missing(shares []Share) (Progress, error) {
	c, err := collect(shares)
	if err != nil {
		return Progress{}, err
	}
	return c.progress(), nil
}
