package engine

import (
	"log/slog"
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

// The settings below are CometBFT's own but for what they name. The timeouts
// suit validators in one region; with one validator alone none of them is ever
// waited for.

func (c Config) p2p() *config.P2PConfig {
	p := config.DefaultP2PConfig()
	p.RootDir = c.Home
	p.ListenAddress = "tcp://127.0.0.1:0"
	if c.Listen != "" {
		p.ListenAddress = "tcp://" + c.Listen
	}
	p.PexReactor = false
	p.AddrBook = addressFile
	p.AddrBookStrict = false
	p.AllowDuplicateIP = true
	return p
}

// mempool: transactions are not checked again after each block. One that has
// become invalid is refused in its block, by its code.
func (c Config) mempool(l Limits) *config.MempoolConfig {
	m := config.DefaultMempoolConfig()
	m.Recheck = false
	m.Broadcast = len(c.Peers) > 0
	m.Size = 50_000
	m.CacheSize = 100_000
	m.MaxTxsBytes = 128 << 20
	m.MaxTxBytes = l.MaxTxBytes
	return m
}

func (c Config) consensus(l Limits) *config.ConsensusConfig {
	s := config.DefaultConsensusConfig()
	s.RootDir = c.Home
	s.WalPath = walFile
	s.TimeoutPropose = 500 * time.Millisecond
	s.TimeoutPrevote = 200 * time.Millisecond
	s.TimeoutPrecommit = 200 * time.Millisecond
	s.TimeoutCommit = 10 * time.Millisecond
	s.SkipTimeoutCommit = true
	s.CreateEmptyBlocksInterval = l.EmptyBlocks
	s.PeerGossipSleepDuration = 5 * time.Millisecond
	s.PeerQueryMaj23SleepDuration = 250 * time.Millisecond
	return s
}
