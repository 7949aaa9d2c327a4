//go:build !(linux || freebsd || netbsd || openbsd || dragonfly)

package keyring

import "context"

// look knows nothing beforehand: Keychain and Credential Manager are always
// there, and say themselves when they are locked.
func look(context.Context) (condition, error) { return open, nil }
