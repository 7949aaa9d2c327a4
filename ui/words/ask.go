package words

import (
	"fmt"
	"strings"
)

// Words of questions that are put line by line.
const (
	YesNo             = "[yes/NO]"
	Passphrase        = "Passphrase of your wallet: "
	PassphraseNew     = "Choose a passphrase: "
	PassphraseAgain   = "The same again: "
	PassphraseDiffers = "The two are not the same. Please try again."
)

// IsYes tells whether an answer is a yes.
func IsYes(answer string) bool {
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return true
	}
	return false
}

// PassphraseShort asks for a longer passphrase.
func PassphraseShort(n int) string {
	return fmt.Sprintf("Please take at least %d characters; four words that do not belong together are good.", n)
}
