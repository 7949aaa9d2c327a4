package words

import "carekey/consent"

// FingerprintWords is how many words a fingerprint has: 16 bits each, so that
// finding an invitation with the same words takes 2⁹⁶ tries.
const FingerprintWords = 6

const (
	consonants = "bdfghjklmnprstvz"
	vowels     = "aiou"
)

// Fingerprint is what two people read to each other to be sure that they hold
// the same invitation: it covers the network's anchor, the institution and its
// key, and not the secret in it.
func Fingerprint(i consent.Invitation) []string {
	sum := consent.Sum(consent.Encode([]any{"carekey/fingerprint/1", i.Anchor, i.Institution, i.TLS}))
	list := make([]string, FingerprintWords)
	for n := range list {
		list[n] = pronounceable(uint16(sum[2*n])<<8 | uint16(sum[2*n+1]))
	}
	return list
}

// pronounceable turns 16 bits into a word of five letters, consonants and
// vowels in turn (the proquint scheme, arXiv:0901.4016).
func pronounceable(bits uint16) string {
	return string([]byte{
		consonants[bits>>12&15], vowels[bits>>10&3], consonants[bits>>6&15], vowels[bits>>4&3], consonants[bits&15],
	})
}
