package engine

import (
	"log/slog"
	"strings"
	"time"

	"github.com/cometbft/cometbft/config"
)

// Config says where a node lives and how it reaches its peers.
type Config struct {
	Home   string       // directory; see the package comment
	Listen string       // host:port for peers; empty: a free port of the loopback
	Peers  []string     // id@host:port of the other validators
	Log    *slog.Logger // nil: nothing is logged
}

// Limits are what an application asks of the engine.
type Limits struct {
	EmptyBlocks time.Duration // interval of blocks without transactions
	MaxTxBytes  int           // of one transaction
}

// cometConfig holds every setting that differs from the library's. The
// timeouts suit validators in one region; with one validator alone none of
// them is ever waited for.
func (c Config) cometConfig(l Limits) *config.Config {
	cc := config.DefaultConfig()
	cc.SetRoot(c.Home)
	cc.Moniker = "carekey"
	cc.DBBackend = "goleveldb"
	cc.Genesis = genesisFile
	cc.PrivValidatorKey, cc.PrivValidatorState = validatorFile, validatorStateFile
	cc.NodeKey = nodeKeyFile
	cc.RPC.ListenAddress = "" // nobody talks to the engine but this process
	cc.TxIndex.Indexer = "null"
	cc.Storage.DiscardABCIResponses = true
	c.peers(cc.P2P)
	c.mempool(cc.Mempool, l)
	c.consensus(cc.Consensus, l)
	return cc
}

func (c Config) peers(p *config.P2PConfig) {
	p.ListenAddress = "tcp://127.0.0.1:0"
	if c.Listen != "" {
		p.ListenAddress = "tcp://" + c.Listen
	}
	p.PersistentPeers = strings.Join(c.Peers, ",")
	p.PexReactor = false
	p.AddrBook = addressFile
	p.AddrBookStrict = false
	p.AllowDuplicateIP = true
}

// mempool: transactions are not checked again after each block. One that has
// become invalid is refused in its block, by its code.
func (c Config) mempool(m *config.MempoolConfig, l Limits) {
	m.Recheck = false
	m.Broadcast = len(c.Peers) > 0
	m.Size = 50_000
	m.CacheSize = 100_000
	m.MaxTxsBytes = 128 << 20
	m.MaxTxBytes = l.MaxTxBytes
}

func (c Config) consensus(s *config.ConsensusConfig, l Limits) {
	s.WalPath = walFile
	s.TimeoutPropose = 500 * time.Millisecond
	s.TimeoutPrevote = 200 * time.Millisecond
	s.TimeoutPrecommit = 200 * time.Millisecond
	s.TimeoutCommit = 10 * time.Millisecond
	s.SkipTimeoutCommit = true
	s.CreateEmptyBlocksInterval = l.EmptyBlocks
	s.PeerGossipSleepDuration = 5 * time.Millisecond
	s.PeerQueryMaj23SleepDuration = 250 * time.Millisecond
}
