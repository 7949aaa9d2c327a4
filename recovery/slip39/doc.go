// Package slip39 splits a secret into shares and puts it together again, as
// SLIP-0039 says (https://github.com/satoshilabs/slips/blob/master/slip-0039.md):
// groups with thresholds, shares as English words with a checksum, an optional
// passphrase. It needs nothing but the standard library.
//
// A [Scheme] splits, [Parse] reads what a person wrote down, [Combine] puts
// together, [Missing] says how much is still missing. Combine does not return a
// wrong secret without an error, but for a chance of 1 in 2³² and what the standard
// cannot see: a wrong passphrase, a share of another secret where one is enough, and
// shares that are all forged. Against forged ones there are the keys of shares in
// package recovery.
//
// # What it keeps secret, and what not
//
// Field arithmetic takes the same time whatever the secrets are: no look-ups and
// no branches on secret bytes. The numbers of shares, thresholds and lengths are
// not secret. Words are looked up in a list, so that how long [Parse] and
// [Share.Words] take, and what they leave in the processor's caches, depends on the
// words: read and write shares where nobody else runs programs.
//
// One share less than enough says nothing about a secret that nobody can guess. It
// does tell a wrong guess from the right one, by the digest that the standard puts
// beside the secret: one in 2³² of all secrets is still possible. That is why the
// standard wants at least 128 bits of chance in a secret.
//
// Secrets are overwritten when they are no longer needed, as far as Go allows:
// the garbage collector does not move what is on the heap, but stacks are copied
// when they grow, registers are spilled, and what a caller passes in or gets back
// is the caller's to overwrite. PBKDF2 of the standard library takes the
// passphrase as a string, and it and HMAC keep blocks of their own; none of these can
// be overwritten.
// The words of a share are strings, too. Memory may be swapped to disk.
package slip39
