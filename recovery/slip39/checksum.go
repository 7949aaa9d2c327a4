package slip39

// The checksum is RS1024: a Reed–Solomon code over GF(1024), whose symbols are
// the words. It finds every error in at most three words.

const checksumWords = 3

// customization is fed into the checksum before the words.
func customization(extendable bool) string {
	if extendable {
		return "shamir_extendable"
	}
	return "shamir"
}

// polymod is the remainder that valid words leave 1 of (rs1024_polymod).
func polymod(extendable bool, symbols []uint16) uint32 {
	generator := [10]uint32{
		0xe0e040, 0x1c1c080, 0x3838100, 0x7070200, 0xe0e0009,
		0x1c0c2412, 0x38086c24, 0x3090fc48, 0x21b1f890, 0x3f3f120,
	}
	sum := uint32(1)
	step := func(symbol uint32) {
		top := sum >> 20
		sum = sum&0xfffff<<10 ^ symbol
		for i, g := range generator {
			sum ^= g & -(top >> i & 1)
		}
	}
	for _, c := range []byte(customization(extendable)) {
		step(uint32(c))
	}
	for _, s := range symbols {
		step(uint32(s))
	}
	return sum
}

// checksum is the three words that make the others valid.
func checksum(extendable bool, symbols []uint16) [checksumWords]uint16 {
	padded := append(append(make([]uint16, 0, len(symbols)+checksumWords), symbols...), 0, 0, 0)
	sum := polymod(extendable, padded) ^ 1
	clear(padded)
	return [checksumWords]uint16{uint16(sum >> 20 & 1023), uint16(sum >> 10 & 1023), uint16(sum & 1023)}
}
