package words

// Key is a key as it is shown, and what it does. Quiet ones stand in the help
// and not at the foot.
type Key struct {
	Show, Does string
	Quiet      bool
}

// The keys, as shown. Which key press they are is the screens' affair.
var (
	KeyDown        = Key{"↓ j", "next", true}
	KeyUp          = Key{"↑ k", "previous", true}
	KeyPageDown    = Key{"PgDn", "down a page", true}
	KeyPageUp      = Key{"PgUp", "up a page", true}
	KeyFirst       = Key{"g", "to the first", true}
	KeyLast        = Key{"G", "to the last", true}
	KeyLineDown    = Key{"↓ j", "down a line", true}
	KeyLineUp      = Key{"↑ k", "up a line", true}
	KeyTop         = Key{"g", "to the beginning", true}
	KeyBottom      = Key{"G", "to the end", true}
	KeyNextPlace   = Key{"Tab →", "next place", true}
	KeyPrevPlace   = Key{"Shift+Tab ←", "previous place", true}
	KeyHelp        = Key{Show: "?", Does: "help"}
	KeyQuit        = Key{Show: "q", Does: "quit"}
	KeyProblems    = Key{"!", "what is wrong", true}
	KeyRefresh     = Key{"Ctrl+R", "check now, or stop checking", true}
	KeyOpen        = Key{Show: "Enter", Does: "open"}
	KeyRead        = Key{Show: "Enter", Does: "read"}
	KeyBack        = Key{Show: "Esc", Does: "back"}
	KeyClose       = Key{Show: "Enter", Does: "close"}
	KeyNotNow      = Key{Show: "Enter", Does: "not now"}
	KeyEscNotNow   = Key{Show: "Esc", Does: "not now"}
	KeyGoOn        = Key{Show: "Enter", Does: "go on"}
	KeyDeny        = Key{Show: "d", Does: "say no"}
	KeyApprove     = Key{Show: "a", Does: "share…"}
	KeyLater       = Key{Show: "l", Does: "later"}
	KeyBlock       = Key{Show: "b", Does: "refuse everything"}
	KeyUnblock     = Key{Show: "u", Does: "let them ask again"}
	KeyRevoke      = Key{Show: "r", Does: "take back"}
	KeySayWhy      = Key{Show: "w", Does: "say why"}
	KeyTick        = Key{Show: "Space", Does: "tick"}
	KeyTickAll     = Key{Show: "*", Does: "all"}
	KeyTickNone    = Key{Show: "-", Does: "none"}
	KeyTurn        = Key{Show: "→", Does: "change"}
	KeyTurnBack    = Key{"←", "change back", true}
	KeyReadOn      = Key{Show: "Space", Does: "read on"}
	KeyYesSign     = Key{Show: "y", Does: "yes, sign this"}
	KeyYesDeny     = Key{Show: "y", Does: "yes, refuse"}
	KeyYesBlock    = Key{Show: "y", Does: "yes, refuse everything"}
	KeyYesUnblock  = Key{Show: "y", Does: "yes, let them ask"}
	KeyYesRevoke   = Key{Show: "y", Does: "yes, take it back"}
	KeyYesSend     = Key{Show: "y", Does: "yes, send it"}
	KeySeen        = Key{Show: "s", Does: "I have seen this"}
	KeyYesSeen     = Key{Show: "y", Does: "yes, seen; keep the evidence"}
	KeyUnknown     = Key{Show: "x", Does: "I don't recognise this"}
	KeySearch      = Key{Show: "/", Does: "search"}
	KeyFind        = Key{Show: "Enter", Does: "find"}
	KeyFilter      = Key{Show: "f", Does: "filter"}
	KeyShow        = Key{Show: "Enter", Does: "show"}
	KeyShowAll     = Key{Show: "Esc", Does: "show all"}
	KeyUngroup     = Key{Show: "Enter", Does: "show each"}
	KeyGroup       = Key{Show: "Space", Does: "group again"}
	KeyDetailDown  = Key{"Shift+↓ J", "scroll the details", true}
	KeyDetailUp    = Key{"Shift+↑ K", "scroll the details back", true}
	KeyNextProblem = Key{Show: "→", Does: "next problem"}
	KeyPrevProblem = Key{"←", "previous problem", true}
)

var placeNames = [...]string{"Home", "Requests", "History", "Permissions", "Proof"}

// PlaceName is a place's name, from 0.
func PlaceName(n int) string { return placeNames[n] }

// PlaceKey is the key of a place.
func PlaceKey(n int) Key {
	return Key{Show: string(rune('1' + n)), Does: "go to " + placeNames[n], Quiet: true}
}

// The signs. All are one column wide in every terminal that was tried.
const (
	ChosenMark = "▌"
	GoodMark   = "✓"
	WarnMark   = "!"
	AlarmMark  = "✗"
	NoteMark   = "·"
	NewMark    = "•"
	QueryMark  = "?"
	NoticeMark = "›"
	Bullet     = "•"
	Ticked     = "[x]"
	Unticked   = "[ ]"
	TurnLeft   = "‹"
	TurnRight  = "›"
	InputMark  = "> "
	SearchMark = "/ "
	AlarmHint  = "! why"
	MoreBelow  = "↓ more"
	MoreAbove  = "↑ more above"

	// Beside a list, which has the arrow keys.
	MoreBelowAside = "Shift+↓ more"
	MoreAboveAside = "Shift+↑ more above"
)
