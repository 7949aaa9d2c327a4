// Package slip39 splits a secret into shares and puts it together again, as
// SLIP-0039 says (https://github.com/satoshilabs/slips/blob/master/slip-0039.md):
// groups with thresholds, shares as English words with a checksum, an optional
// passphrase. It needs nothing but the standard library.
//
// A [Scheme] splits, [Parse] reads what a person wrote down, [Combine] puts
// together, [Missing] says how much is still missing. Combine never returns a
// wrong secret without an error, with one exception that the standard wants:
// nobody can tell a wrong passphrase from the right one.
//
// # What it keeps secret, and what not
//
// Field arithmetic takes the same time whatever the secrets are: no look-ups and
// no branches on secret bytes. The numbers of shares, thresholds and lengths are
// not secret. Words are looked up in a list, so that how long [Parse] takes, and
// what it leaves in the processor's caches, depends on the words: read shares
// where nobody else runs programs.
//
// Secrets are overwritten when they are no longer needed, as far as Go allows:
// the garbage collector does not move what is on the heap, but stacks are copied
// when they grow, registers are spilled, and what a caller passes in or gets back
// is the caller's to overwrite. PBKDF2 of the standard library takes the
// passphrase as a string and keeps blocks of its own; neither can be overwritten.
// The words of a share are strings, too. Memory may be swapped to disk.
package slip39
