// Package keys holds a patient's master secrets and everything derived from
// them.
//
// # Policy
//
// A master secret is 32 random bytes made on the device. Every other key is
// derived from it and used in one chart, transfer or plan and nowhere else, so
// that nothing public links two of them. The [Agent] keeps the masters and hands
// out handles that sign typed statements, prove the holder of a connection's
// key, or open what was sealed; none of them gives away a key's bytes. A handle
// derives its key anew each time it is used and forgets it, so closing the agent
// ends all of them.
//
// Go copies memory when it grows a stack or collects garbage, so wiping is done
// where it can be and promises nothing against somebody who reads the memory of
// the process.
//
// # Compatibility
//
// The derivation is fixed for ever by testdata/derivation.json: a changed byte
// would lose every chart. A new scheme takes a new label beside "carekey/key/1".
package keys
