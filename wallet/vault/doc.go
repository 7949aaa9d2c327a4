// Package vault keeps what a wallet knows on disk: proven entries with their
// details, and the summary the first screen is painted from.
//
// # Files
//
// A vault is a folder:
//
//	head.a, head.b     generation, summary, segments and blobs: in turn
//	segments/ID        entries: records, then an index of 26 bytes a row
//	blobs/ID           named values, such as the outbox
//	lock, merge.lock   who writes
//
// Every file begins with a line in clear, "carekey vault KIND VERSION", so that
// a later format is recognised before anything is opened; the rest is an age
// file sealed to the profile's vault key, in a head behind a prelude with
// generation, length and digest. Inside stand the kind and version
// again, and the ids by which the head knows its files, so that no file can
// stand in for another.
//
// # Writing
//
// A commit writes new files and then a head: all or nothing. Segments and blobs
// never change once written; small ones stand in the head, so that most commits
// write nothing else. Heads are written in turn over the older of two files, and
// the newest that is whole holds. Writing in place waits for the disk once, where
// a file that is renamed waits twice and for the folder's journal; it is done
// only while the other head is known to have reached the disk. A commit folds small segments
// into the one it writes and [Vault.Merge] does so with large ones, always
// where the newer is at least as long as the older, so that n rows lie in about
// log2(n) segments and each is copied that often at most.
//
// Each head carries the next generation number. A writer whose head is no longer
// the one on disk gets [ErrStale] and loses nothing: it reloads and tries again.
// Files that a crash left without a head naming them are swept up later.
//
// # Reading
//
// The index of all rows is held in memory, 32 bytes a row, in the order of block
// time, so that row i of a million is one look-up. Records are read in place
// and only when asked for.
//
// # Compatibility
//
// Heads are of version 2, all else of version 1; no release wrote heads of version
// 1, and they are refused. A change of meaning takes a new version; a vault of an
// older one is copied before it is converted.
package vault
