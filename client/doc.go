// Package client is how anyone talks to the network and believes nothing
// unproven: a wallet to a gateway, a gateway to a gateway, a gateway to a node.
//
// # Wire
//
// Sessions are TLS 1.3 with raw Ed25519 keys pinned on both sides ([Dial],
// [Server]), ALPN "carekey/1", no tickets. The server speaks first ([Hello]).
// After that the client asks and the server answers, one at a time, in frames
// of canonical CBOR with a limit per operation ([Op]). A server is a set of
// [Routes]; each group of routes is made for one audience (anyone, the holder
// of a log's key, a registered gateway) and checks its callers.
//
// # Proof
//
// What comes over the wire is believed only after it was verified: headers by
// [Light] from the genesis on, state by proofs under a verified header, logs
// by [Follow]. A lie becomes a [Lie] that names it, and an evidence file that
// [VerifyEvidence] judges on any machine without a network.
package client
