// Package store is a gateway's memory: one SQLite database and a folder of
// sealed bundles beside it.
//
// # Promises
//
// What a committed [Store.Update] wrote survives a kill and a power cut: the
// write-ahead log is synced at each commit (synchronous=FULL), and a bundle's
// file and its folder are synced before the row that names it. There is one
// writer. A second process that opens the same folder is refused.
//
// # Secrets
//
// Whatever tells about a person, and every private key, is sealed by AES-256-GCM
// under a data key; a row's name is authenticated with it, so that no row can
// stand in for another. The data key is itself sealed by age to the
// institution's seal identity, so that a stolen copy of the folder says nothing
// without that identity. Record numbers are looked up by a keyed hash. Deleting
// overwrites with zeros (secure_delete) and empties the write-ahead log.
//
// # Schema
//
// The tables stand in schema.go, each with its meaning. PRAGMA user_version
// holds the format; a newer format than the program knows is refused, and
// before an older one is changed a copy is kept beside it.
package store
