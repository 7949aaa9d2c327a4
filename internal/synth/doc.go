// Package synth makes health records that are plausible and wholly invented:
// people, institutions and numbers exist nowhere else. The same call gives the
// same bytes for ever. The demo shows them, tests and benchmarks move them.
package synth
