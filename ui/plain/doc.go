// Package plain is the wallet line by line: for screen readers, pipes and
// terminals that cannot do more. It does everything the screens do, with the
// same words, and never takes silence for a yes.
package plain
