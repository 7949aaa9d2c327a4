// Package world is a small network in one process: a one-validator ledger,
// three institutions with their gateways on loopback, a licensing board, and
// people. It serves the demo and the tests with many actors. Nothing in it is
// pretended: ledger, keys, TLS, databases and records are the real ones; only
// the people and their illnesses are made up.
package world
