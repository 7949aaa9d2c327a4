// Package recovery is how family helps: secrets in shares (package slip39), the
// cards that carry them (package card), and here the keys that lie in the shares.
//
// Each share is also a signing key. Whoever knows the leaves of a plan, which say
// nothing about the shares, can tell a genuine card from another before any
// shares are put together, and can have someone prove that he holds a card without
// seeing it.
package recovery
