package engine

import (
	"errors"
	"fmt"

	"github.com/cometbft/cometbft/libs/log"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/p2p/pex"
	"github.com/cometbft/cometbft/state"
	"github.com/cometbft/cometbft/version"
)

// peers is the listener for other nodes and the connections with them.
type peers struct {
	transport *p2p.MultiplexTransport
	net       *p2p.Switch
	address   *p2p.NetAddress // where to listen
	persist   []string        // those that are dialled until they answer
	listening bool
}

// newPeers joins reactors to a network of peers that is not yet up.
func newPeers(c Config, key *p2p.NodeKey, now state.State, reactors map[string]p2p.Reactor, log log.Logger) (*peers, error) {
	settings := c.p2p()
	address, err := p2p.NewNetAddressString(p2p.IDAddressString(key.ID(), settings.ListenAddress))
	if err != nil {
		return nil, fmt.Errorf("the address to listen on: %w", err)
	}
	info := nodeInfo(settings.ListenAddress, key, now, reactors)
	if err := info.Validate(); err != nil {
		return nil, err
	}
	p := &peers{transport: p2p.NewMultiplexTransport(info, *key, p2p.MConnConfig(settings)), address: address, persist: c.Peers}
	p2p.MultiplexTransportMaxIncomingConnections(settings.MaxNumInboundPeers)(p.transport)
	p.net = p2p.NewSwitch(settings, p.transport)
	p.net.SetLogger(log)
	for name, r := range reactors {
		p.net.AddReactor(name, r)
	}
	p.net.SetNodeInfo(info)
	p.net.SetNodeKey(key)
	book := pex.NewAddrBook(settings.AddrBookFile(), settings.AddrBookStrict)
	book.SetLogger(log)
	book.AddOurAddress(address) // lest the node dial itself
	p.net.SetAddrBook(book)
	return p, p.net.AddPersistentPeers(p.persist)
}

// nodeInfo is what a node tells its peers about itself.
func nodeInfo(listen string, key *p2p.NodeKey, now state.State, reactors map[string]p2p.Reactor) p2p.DefaultNodeInfo {
	info := p2p.DefaultNodeInfo{
		ProtocolVersion: p2p.NewProtocolVersion(version.P2PProtocol, now.Version.Consensus.Block, now.Version.Consensus.App),
		DefaultNodeID:   key.ID(),
		ListenAddr:      listen,
		Network:         now.ChainID,
		Version:         version.TMCoreSemVer,
		Moniker:         "carekey",
		Other:           p2p.DefaultNodeInfoOther{TxIndex: "off"},
	}
	for _, r := range reactors {
		for _, channel := range r.GetChannels() {
			info.Channels = append(info.Channels, channel.ID)
		}
	}
	return info
}

// start listens, starts the reactors and dials.
func (p *peers) start() error {
	if err := p.transport.Listen(*p.address); err != nil {
		return fmt.Errorf("listen for peers: %w", err)
	}
	p.listening = true
	if err := p.net.Start(); err != nil {
		return err
	}
	return p.net.DialPeersAsync(p.persist)
}

// stop ends the reactors and the connections; also after a start that failed
// half way.
func (p *peers) stop() error {
	var all error
	if p.net.IsRunning() {
		all = p.net.Stop()
	}
	for _, r := range p.net.Reactors() {
		if r.IsRunning() {
			all = errors.Join(all, r.Stop())
		}
	}
	if p.listening {
		all = errors.Join(all, p.transport.Close())
	}
	return all
}
