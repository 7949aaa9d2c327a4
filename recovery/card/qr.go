package card

import "rsc.io/qr/coding"

// symbol is a QR code (ISO/IEC 18004): black and white modules in a square.
type symbol struct{ code *coding.Code }

// symbol makes the card's code at level M, of which 15 % may be unreadable: a
// secret of 256 bits takes version 4. The bytes stand in it as they are (byte
// mode, no ECI). A card's bytes are as good as random, so none of the standard's
// masks is better than another.
func (c Card) symbol() symbol {
	const level, mask = coding.M, 0
	text := coding.String(c.Code())
	version := coding.Version(coding.MinVersion)
	for text.Bits(version) > 8*version.DataBytes(level) {
		version++
	}
	plan, err := coding.NewPlan(version, level, mask)
	if err != nil {
		panic("card: " + err.Error()) // a share is at most 69 bytes long
	}
	code, err := plan.Encode(text)
	if err != nil {
		panic("card: " + err.Error())
	}
	return symbol{code}
}

// size is how many modules a side has.
func (s symbol) size() int { return s.code.Size }

// black tells whether a module is; what lies around the symbol is white.
func (s symbol) black(x, y int) bool { return s.code.Black(x, y) }
