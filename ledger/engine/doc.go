// Package engine runs one CometBFT node inside this process, around any ABCI
// application.
//
// It is where every setting of the replication engine lives: timeouts, pools,
// listeners, stores, keys. A home directory belongs to one process at a time
// and holds
//
//	genesis.json          the network's genesis, byte for byte
//	validator.json        the validator's private key, mode 0600
//	validator-state.json  what it last signed; never restored from a copy
//	node.json             the key of the peer connections, mode 0600
//	data/                 blocks, engine state, write-ahead log
//	past                  present while past blocks are being written
//
// Nothing here listens for clients: programs talk to the application through
// Go, and the only socket is that of the peers, on the loopback by default.
package engine
