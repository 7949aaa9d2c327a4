// Package profile knows the profiles on a machine: their names, where their
// files lie and which keeper holds their secrets. It keeps no secret itself.
//
// # Files
//
//	DATA/NAME/profile.json   format and keeper
//	DATA/NAME/vault/         the vault
//	DATA/NAME/master.age     the master secrets, where a passphrase file keeps them
//	STATE/NAME/marks         the marks, likewise
//	DATA/.lock               held while profiles are made or removed
//
// DATA and STATE are $XDG_DATA_HOME/carekey and $XDG_STATE_HOME/carekey (XDG
// Base Directory Specification 0.8) or what the platform has instead. The marks
// lie apart from the vault, so that an old copy of the one does not bring back
// the other. The demo has roots of its own.
package profile
