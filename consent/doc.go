// Package consent holds the words everyone shares and the rules they live by.
//
// It is pure: it does no I/O, reads no clock and keeps no global state. The
// ledger decides with it ([Rules.Apply]), the wallet recomputes with it
// ([Fold]), the gateway enforces with it; so all three agree by construction.
//
// # Bytes
//
// Everything that is signed, hashed or committed is CBOR in the core
// deterministic encoding of RFC 8949 §4.2.1, versioned and limited in size.
// A decoder refuses bytes that differ from their own re-encoding, so one value
// has one encoding and a hash has one meaning. Times are int64 nanoseconds
// since 1970-01-01 UTC, dates are ISO 8601 calendar days.
//
// # Compatibility
//
// Every byte string begins with a version or a domain-separating text such as
// "carekey/sig/1". A change of meaning takes a new number; an old number keeps
// its meaning for ever, because entries cannot be rewritten.
package consent
