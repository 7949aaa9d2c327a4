package card

import (
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"carekey/recovery"
	"carekey/recovery/slip39"
)

const maxTextBytes = 32 << 10

// ErrNoShare means that a text has no words of a share.
var ErrNoShare = errors.New("there is no share in this text: most have 20 or 33 English words, as they stand on the card")

// ReadText reads the shares in a text that may also hold other things: headings,
// numbers, a whole letter around them; of a card as [Card.Text] writes it, what stands
// in front of the words is not looked at. Each is read once, however often it is there.
// Only a right checksum makes words a share; nothing is guessed. If words look like
// a share and are none, the error is that of [slip39.Parse] for them, in a
// [*ShareError] if there are other shares; no other shares are then returned.
// [ErrEmpty], [ErrTooLarge] and [ErrNoShare] else.
func ReadText(text string) ([]Reading, error) {
	switch {
	case len(text) > maxTextBytes:
		return nil, ErrTooLarge
	case strings.TrimFunc(text, func(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) }) == "":
		return nil, ErrEmpty
	}
	text = withoutRows(text)
	written := wordsOf(text)
	found := written.shares()
	if len(found) == 0 {
		found = written.counted().shares()
	}
	if wrong, err := written.wrongShare(found); err != nil {
		if len(found) > 0 {
			err = &ShareError{Place: wrong, Err: err}
		}
		return nil, err
	}
	if len(found) == 0 {
		return nil, ErrNoShare
	}
	return withPlans(found, plansIn(text)), nil
}

// word is one of a text.
type word struct {
	text   string
	line   int
	at     int // where it begins, in bytes
	number int // that stands before it; 0 if none does
	known  bool
}

type words []word

// wordsOf takes a text apart.
func wordsOf(text string) words {
	var all words
	line, number, digits := 0, 0, 0
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRuneInString(text[at:])
		switch {
		case unicode.IsLetter(r) || unicode.IsMark(r):
			size = lettersIn(text[at:])
			w := text[at : at+size]
			_, known := slip39.Word(w)
			all = append(all, word{text: w, line: line, at: at, number: number, known: known})
			number, digits = 0, 0
		case r >= '0' && r <= '9':
			if digits == 0 {
				number = 0
			}
			number, digits = min(number*10+int(r-'0'), maxTextBytes), digits+1
		default:
			digits = 0
			if r == '\n' {
				line++
			}
		}
		at += size
	}
	return all
}

// lettersIn is how many bytes of letters a text begins with.
func lettersIn(text string) int {
	end := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) })
	if end < 0 {
		return len(text)
	}
	return end
}

func (w words) String() string {
	all := make([]string, len(w))
	for i, word := range w {
		all[i] = word.text
	}
	return strings.Join(all, " ")
}

// written is a share and where it stands.
type written struct {
	share      slip39.Share
	begin, end int // of its words
	at         int // in the text
}

// lengths are how many words a share can have.
func lengths() (all []int) {
	const around, bits = 7, 10 // words that hold no part of the secret; bits in a word
	for n := slip39.MinSecretBytes; n <= slip39.MaxSecretBytes; n += 2 {
		all = append(all, around+(8*n+bits-1)/bits)
	}
	return all
}

// shares finds what is a share by its checksum.
func (w words) shares() []written {
	var found []written
	for i := 0; i < len(w); {
		share, n := w[i:].share()
		if n == 0 {
			i++
			continue
		}
		found = append(found, written{share: share, begin: i, end: i + n, at: w[i].at})
		i += n
	}
	return found
}

// share is the share that these words begin with, and how many words it has.
func (w words) share() (slip39.Share, int) {
	sizes := lengths()
	near := w[:min(len(w), sizes[len(sizes)-1])]
	known := slices.IndexFunc(near, func(w word) bool { return !w.known })
	if known < 0 {
		known = len(near)
	}
	for _, n := range sizes {
		if n > known {
			break
		}
		if share, err := slip39.Parse(w[:n].String()); err == nil {
			return share, n
		}
	}
	return slip39.Share{}, 0
}

// counted are the words with numbers in the order of these, for a card whose columns
// were copied one after the other.
func (w words) counted() words {
	with := slices.DeleteFunc(slices.Clone(w), func(w word) bool { return w.number == 0 })
	slices.SortStableFunc(with, func(a, b word) int { return a.number - b.number })
	for i, word := range with {
		if word.number != i+1 {
			return nil
		}
	}
	return with
}

// wrongShare is the first stretch of words that looks like a share and is not among
// those found: the how-manieth share of the text it is, and what is wrong with it.
func (w words) wrongShare(found []written) (place int, err error) {
	begin := 0
	for i, f := range append(slices.Clone(found), written{begin: len(w), end: len(w)}) {
		if f.begin < begin { // words that were found by their numbers
			return 0, nil
		}
		if likely := w[begin:f.begin].likely(); len(likely) > 0 {
			if _, err := slip39.Parse(likely.String()); err != nil {
				return i + 1, err
			}
		}
		begin = f.end
	}
	return 0, nil
}

// likely are words that somebody means as a share: a stretch in which most are of
// the list, with the words beside it that make its length right.
func (w words) likely() words {
	const enough = 10
	if counted := w.countedRun(); len(counted) >= enough {
		return counted
	}
	from, to, known := w.stretch()
	sizes := lengths()
	switch {
	case known < enough:
		return nil
	case slices.Contains(sizes, len(w)) && 2*known > len(w):
		return w // nothing but a share
	case slices.Contains(sizes, w[from:to].paragraph()):
		return w[from : from+w[from:to].paragraph()]
	}
	before, behind := 0, 0
	if from > 0 && w.sameLine(from-1, from) {
		before = 1
	}
	if to < len(w) && w.sameLine(to-1, to) {
		behind = 1
	}
	for _, more := range [][2]int{{0, 0}, {before, 0}, {0, behind}, {before, behind}} {
		if all := w[from-more[0] : to+more[1]]; slices.Contains(sizes, len(all)) {
			return all
		}
	}
	return w[from:to]
}

// countedRun are the words beside each other that are counted from 1, if most are
// of the list.
func (w words) countedRun() words {
	var longest words
	for from := range w {
		to, known := from, 0
		for to < len(w) && w[to].number == to-from+1 {
			if w[to].known {
				known++
			}
			to++
		}
		if to-from > len(longest) && 2*known > to-from {
			longest = w[from:to]
		}
	}
	return longest
}

// stretch is where most words are of the list, and how many of them are.
func (w words) stretch() (from, to, known int) {
	const wrong = 2 // known words that make up for an unknown one
	best, sum, begin, count := 0, 0, 0, 0
	for i, word := range w {
		if sum == 0 {
			begin, count = i, 0
		}
		if word.known {
			sum++
			count++
		} else {
			sum = max(sum-wrong, 0)
		}
		if sum > best {
			best, from, to, known = sum, begin, i+1, count
		}
	}
	return from, to, known
}

// paragraph is how many words there are before an empty line.
func (w words) paragraph() int {
	for i := 1; i < len(w); i++ {
		if w[i].line > w[i-1].line+1 {
			return i
		}
	}
	return len(w)
}

// sameLine says whether two words are on one.
func (w words) sameLine(one, other int) bool { return w[one].line == w[other].line }

// planID is a plan's id as it stands in a text, and where.
type planID struct {
	id recovery.PlanID
	at int
}

// plansIn finds the ids: 32 digits, perhaps in groups.
func plansIn(text string) []planID {
	const digits = 2 * len(recovery.PlanID{})
	var all []planID
	fields := hexIn(text)
	for i := 0; i < len(fields); i++ {
		id, n := planID{at: fields[i].at}, i
		joined := ""
		for ; n < len(fields) && len(joined) < digits && (n == i || fields[n].follows); n++ {
			joined += fields[n].digits
		}
		if len(joined) != digits {
			continue
		}
		if _, err := hex.Decode(id.id[:], []byte(joined)); err == nil {
			all = append(all, id)
			i = n - 1
		}
	}
	return all
}

// hexField is a group of hexadecimal digits in a text.
type hexField struct {
	digits  string
	at      int
	follows bool // one space or dash behind another group
}

// hexIn finds the groups that no other letters or digits touch.
func hexIn(text string) []hexField {
	var all []hexField
	end := -2 // of the group before
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRuneInString(text[at:])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			at += size
			continue
		}
		n := strings.IndexFunc(text[at:], func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		if n < 0 {
			n = len(text) - at
		}
		group := text[at : at+n]
		if strings.Trim(group, "0123456789abcdefABCDEF") == "" {
			follows := at == end+1 && (text[end] == ' ' || text[end] == '-')
			all = append(all, hexField{digits: group, at: at, follows: follows})
			end = at + n
		}
		at += n
	}
	return all
}

// withPlans gives each share once, with its plan where that is sure: the text names
// one plan alone, or as many as shares, by turns.
func withPlans(found []written, plans []planID) []Reading {
	var all []Reading
	seen := map[string]int{}
	for i, f := range found {
		r := Reading{Share: f.share}
		if p := planOf(i, found, plans); p != nil {
			id := p.id
			r.Plan = &id
		}
		key := string(f.share.Pack())
		if before, again := seen[key]; !again {
			seen[key] = len(all)
			all = append(all, r)
		} else if all[before].Plan == nil {
			all[before].Plan = r.Plan
		}
	}
	return all
}

// planOf is the plan of one of the shares, nil if that is not sure.
func planOf(i int, found []written, plans []planID) *planID {
	if len(plans) == 0 {
		return nil
	}
	one := true
	for _, p := range plans {
		one = one && p.id == plans[0].id
	}
	switch {
	case one:
		return &plans[0]
	case len(plans) != len(found):
		return nil
	}
	for k := range plans { // all before their shares, or all behind
		before := plans[k].at < found[k].at
		if before != (plans[0].at < found[0].at) ||
			k > 0 && (before && plans[k].at < found[k-1].at || !before && plans[k-1].at > found[k].at) {
			return nil
		}
	}
	return &plans[i]
}
