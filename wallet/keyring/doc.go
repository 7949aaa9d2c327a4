// Package keyring keeps a profile's master secrets: in the operating system's
// keyring, or, where a person chooses so, in a file under a passphrase. It never
// falls from one to the other by itself, and never keeps a secret in clear.
//
// Beside the secrets it keeps marks: how far the wallet has come, so that an old
// copy of its vault, or a ledger turned back, is noticed. In a keyring both are
// out of reach of whoever copies files about; the marks of the file keeper lie
// in clear, since they hold nothing private, and in another folder than the
// vault.
//
// # Formats
//
// A keyring entry has the service "carekey", the account PROFILE or
// PROFILE/marks, and as its text the base64 (RFC 4648 §5, unpadded) of canonical
// CBOR. A passphrase file is an age file (scrypt) around the same CBOR. A
// recovery file is the same in ASCII armour, so that it may be printed or
// mailed; age itself opens both.
package keyring
