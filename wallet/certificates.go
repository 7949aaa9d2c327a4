package wallet

import (
	"crypto/tls"
	"sync"
)

// certificates keeps the certificates with which logs are read. Making one costs
// more than a message does, and every reading needs one. Their keys stay with
// the agent and end with it.
type certificates struct {
	mu sync.Mutex
	of map[any]tls.Certificate // by keys.ChartName or keys.TransferName
}

// get returns the certificate of a name, made the first time.
func (c *certificates) get(name any, first func() (tls.Certificate, error)) (tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if cert, ok := c.of[name]; ok {
		return cert, nil
	}
	cert, err := first()
	if err != nil {
		return cert, err
	}
	if c.of == nil {
		c.of = map[any]tls.Certificate{}
	}
	c.of[name] = cert
	return cert, nil
}
