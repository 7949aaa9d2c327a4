package screen

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"carekey/ui/theme"
	"carekey/ui/words"
	"carekey/wallet"
)

// The sizes at which the layout changes.
const (
	minWidth  = 40
	minHeight = 12
	roomy     = 60  // columns: below, lines are kept as short as can be
	wide      = 108 // columns: list and detail side by side; a window of 110
	tall      = 20  // rows: below, decoration goes
	airy      = 28  // rows: from here on, there is room between items
	readable  = 84  // columns: longer lines of text are hard to follow
)

// frame is what every screen may know when it is asked: how much room it has,
// the colours, the time and what the wallet knows.
type frame struct {
	width, height int // of the screen's own part
	theme         theme.Theme
	now           time.Time
	snap          wallet.Snapshot
	names         words.Names
}

// reading is the frame for text that is read line by line: lines that are too
// long are hard to follow.
func (f frame) reading() frame {
	f.width = min(f.width, readable)
	return f
}

// level is the proof's level at this moment.
func (f frame) level() wallet.ProofLevel { return words.ProofNow(f.snap.Proof, f.now) }

// screen is a place or a dialog.
type screen interface {
	// update takes a message that is no key of the key map.
	update(frame, tea.Msg) tea.Cmd
	// view draws into the frame's width and height.
	view(frame) string
	// keys says what the screen can do now.
	keys(frame) keymap
}
