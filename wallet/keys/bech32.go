package keys

import "strings"

// bech32Alphabet are the 32 symbols of BIP-173.
const bech32Alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

// encodeBech32 writes data with a lower-case prefix as BIP-173 says, without
// its limit of 90 characters (age lifts it too).
func encodeBech32(prefix string, data []byte) string {
	values := fiveBits(data)
	var out strings.Builder
	out.WriteString(prefix)
	out.WriteByte('1')
	for _, v := range append(values, bech32Checksum(prefix, values)...) {
		out.WriteByte(bech32Alphabet[v])
	}
	return out.String()
}

// fiveBits cuts bytes into groups of five bits, the last one filled with zeros.
func fiveBits(data []byte) []byte {
	var out []byte
	var held uint32
	var bits uint
	for _, b := range data {
		held = held<<8 | uint32(b)
		bits += 8
		for bits >= 5 {
			bits -= 5
			out = append(out, byte(held>>bits)&31)
		}
	}
	if bits > 0 {
		out = append(out, byte(held<<(5-bits))&31)
	}
	return out
}

// bech32Checksum makes the six symbols that end a text.
func bech32Checksum(prefix string, values []byte) []byte {
	sum := uint32(1)
	for i := range len(prefix) {
		sum = bech32Step(sum, prefix[i]>>5)
	}
	sum = bech32Step(sum, 0)
	for i := range len(prefix) {
		sum = bech32Step(sum, prefix[i]&31)
	}
	for _, v := range values {
		sum = bech32Step(sum, v)
	}
	for range 6 {
		sum = bech32Step(sum, 0)
	}
	sum ^= 1
	out := make([]byte, 6)
	for i := range out {
		out[i] = byte(sum>>(5*(5-i))) & 31
	}
	return out
}

// bech32Step takes one symbol into the checksum: the BCH code of BIP-173.
func bech32Step(sum uint32, v byte) uint32 {
	generator := [...]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3}
	top := sum >> 25
	sum = (sum&0x1ffffff)<<5 ^ uint32(v)
	for i, g := range generator {
		if top>>i&1 == 1 {
			sum ^= g
		}
	}
	return sum
}
