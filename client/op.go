package client

import (
	"fmt"

	"carekey/consent"
)

// Op is an operation of the wire; its number never changes and stays below 24,
// so that it is one byte of CBOR.
type Op uint8

// The operations, by audience.
const (
	// Anyone.
	OpGenesis Op = iota + 1
	OpLightBlock
	OpWaitHeight
	OpSubmit
	OpCarried
	OpProvePublic
	OpRegistry
	OpCosignature
	OpEnrol
	// The holder of a log's TLS key.
	OpProveOwn
	OpEntries
	OpWaitLog
	OpDetails
	OpPutDetail
	OpSourceKeys
	OpPutParcel
	// A registered gateway, to a gateway.
	OpTransferRequest
	OpTransferData
	OpTransferDetails
	OpUndelivered
	// A registered gateway, to a node.
	OpNodeProve
	OpNodeEntries
	opEnd
)

// Limits of the wire, in bytes.
const (
	MaxGenesisFileBytes = 24 << 20
	MaxLightBlockBytes  = 1 << 20
	MaxChunkBytes       = 1 << 20 // one frame of ciphertext
	MaxProofBytes       = 1 << 20
	MaxProofKeys        = 64
	MaxDetailNumbers    = 1024
	MaxDetailsBytes     = 4 << 20
	maxSmallBytes       = 4 << 10 // a request or answer of fixed fields
	maxFaultBytes       = 1 << 10
)

// shape is what an operation is called and how long its messages may be.
type shape struct {
	name     string
	request  int // bytes
	response int // bytes
}

var shapes = [opEnd]shape{
	OpGenesis:         {"genesis", maxSmallBytes, MaxGenesisFileBytes + 16},
	OpLightBlock:      {"lightblock", maxSmallBytes, MaxLightBlockBytes + 16},
	OpWaitHeight:      {"wait-height", maxSmallBytes, maxSmallBytes},
	OpSubmit:          {"submit", consent.MaxTxBytes + 16, maxSmallBytes},
	OpCarried:         {"carried", maxSmallBytes, MaxProofBytes + consent.MaxPageBytes},
	OpProvePublic:     {"prove-public", 2 * maxSmallBytes, MaxProofBytes},
	OpRegistry:        {"registry", maxSmallBytes, consent.MaxPageBytes},
	OpCosignature:     {"cosignature", maxSmallBytes, maxSmallBytes},
	OpEnrol:           {"enrol", 2 * maxSmallBytes, maxSmallBytes + consent.MaxDetailBytes},
	OpProveOwn:        {"prove-own", 2 * maxSmallBytes, MaxProofBytes},
	OpEntries:         {"entries", maxSmallBytes, consent.MaxPageBytes},
	OpWaitLog:         {"wait-log", maxSmallBytes, maxSmallBytes},
	OpDetails:         {"details", 3 * maxSmallBytes, MaxDetailsBytes},
	OpPutDetail:       {"put-detail", consent.MaxDetailBytes + maxSmallBytes, maxSmallBytes},
	OpSourceKeys:      {"source-keys", maxSmallBytes, 4 * maxSmallBytes},
	OpPutParcel:       {"put-parcel", consent.MaxParcelBytes, maxSmallBytes},
	OpTransferRequest: {"transfer-request", consent.MaxCoreBytes + 2*maxSmallBytes, MaxManifestBytes + 2*maxSmallBytes},
	OpTransferData:    {"transfer-data", maxSmallBytes, maxSmallBytes},
	OpTransferDetails: {"transfer-details", MaxDetailsBytes, MaxDetailsBytes},
	OpUndelivered:     {"undelivered", maxSmallBytes, maxSmallBytes},
	OpNodeProve:       {"node-prove", 2 * maxSmallBytes, MaxProofBytes},
	OpNodeEntries:     {"node-entries", maxSmallBytes, consent.MaxPageBytes},
}

// Known tells whether op has a meaning.
func (op Op) Known() bool { return op >= OpGenesis && op < opEnd }

// String is the operation's name in logs and documents.
func (op Op) String() string {
	if !op.Known() {
		return fmt.Sprintf("op-%d", uint8(op))
	}
	return shapes[op].name
}
