package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"carekey/client"
	"carekey/consent"
	"carekey/gateway/store"
)

// InstitutionOf is [client.Registered.InstitutionOf].
func (g *Gateway) InstitutionOf(ctx context.Context, key consent.PublicKey) (consent.InstitutionID, error) {
	registry, err := g.ledger.Registry(ctx)
	if err != nil {
		return consent.InstitutionID{}, err
	}
	for _, i := range registry.Institutions() {
		if !slices.ContainsFunc(i.TLS, func(k consent.LedgerKey) bool { return k.Key == key }) {
			continue
		}
		tip, values, err := g.ledger.Prove(ctx, consent.InstitutionKey(i.ID))
		if err != nil {
			return consent.InstitutionID{}, err
		}
		present, err := decode(values[0], decodeInstitution)
		if err != nil {
			return consent.InstitutionID{}, err
		}
		if present != nil && present.ActiveAt(tip.Time) && present.TLSKeyAt(key, tip.Height, tip.Time) {
			return i.ID, nil
		}
	}
	g.log.Info("an unregistered or ended institution asked")
	return consent.InstitutionID{}, client.ErrForbidden
}

// dial connects to another institution's gateway with its registered key.
func (g *Gateway) dial(ctx context.Context, id consent.InstitutionID) (*client.Conn, error) {
	tip, values, err := g.ledger.Prove(ctx, consent.InstitutionKey(id))
	if err != nil {
		return nil, err
	}
	peer, err := decode(values[0], decodeInstitution)
	if err != nil {
		return nil, err
	}
	if peer == nil || !peer.ActiveAt(tip.Time) {
		return nil, errors.New("the other institution is not active in the registry")
	}
	cert, err := client.NewCertificate(g.config.Keys.TLS)
	if err != nil {
		return nil, err
	}
	failed := errors.New("the other institution's gateway has no key to connect to")
	for _, k := range slices.Backward(peer.TLS) {
		if !peer.TLSKeyAt(k.Key, tip.Height, tip.Time) {
			continue
		}
		conn, err := client.Dial(ctx, client.Target{
			Addresses: slices.Concat(g.config.Hints(id), peer.Addresses), Key: k.Key,
			Expect: client.Expect{Chain: g.genesis.Chain, Network: g.genesis.Network, Institution: id},
		}, &cert)
		if err == nil {
			return conn, nil
		}
		failed = err
	}
	return nil, failed
}

// TransferDetails is [client.Peer.TransferDetails]: source and destination
// give each other the private parts of a transfer, so that the patient finds
// all of them at either.
func (g *Gateway) TransferDetails(ctx context.Context, from consent.InstitutionID, d client.TransferDetails) (client.TransferDetails, error) {
	side, err := g.sideOf(ctx, d.Transfer)
	if err != nil {
		return client.TransferDetails{}, client.ErrForbidden
	}
	_, terms, err := g.link(ctx, d.Transfer, side)
	if err != nil {
		return client.TransferDetails{}, err
	}
	if other(terms, side) != from {
		return client.TransferDetails{}, client.ErrForbidden
	}
	if _, err := g.followTransfer(ctx, d.Transfer); err != nil {
		return client.TransferDetails{}, err
	}
	if err := g.fileTransferDetails(ctx, d); err != nil {
		return client.TransferDetails{}, err
	}
	return g.transferDetails(ctx, d.Transfer)
}

// other is the institution at the other end.
func other(t *consent.Terms, side store.Side) consent.InstitutionID {
	if side == store.Source {
		return t.Destination
	}
	return t.Source
}

// fileTransferDetails keeps details that fit proven entries of a transfer.
func (g *Gateway) fileTransferDetails(ctx context.Context, d client.TransferDetails) error {
	return g.store.Update(ctx, func(tx *store.Tx) error {
		for _, detail := range d.Details {
			if err := g.fileTransferDetail(tx, d.Transfer, detail); err != nil {
				return err
			}
		}
		return nil
	})
}

func (g *Gateway) fileTransferDetail(tx *store.Tx, transfer consent.LogID, d consent.Detail) error {
	for _, class := range transferClasses {
		commitment := d.Commitment(g.genesis.Network, transfer, class)
		_, err := tx.Committed(transfer, commitment)
		if store.IsNotFound(err) {
			continue
		}
		if err != nil {
			return err
		}
		return tx.PutDetail(transfer, commitment, d)
	}
	return nil
}

// transferClasses are the classes of entries in a transfer's log.
var transferClasses = [...]consent.Class{
	consent.ClassTransferOpen, consent.ClassCollect, consent.ClassRelease, consent.ClassReceived,
	consent.ClassVoid, consent.ClassUndelivered, consent.ClassStop,
}

const maxTransferEntries = 8192

// transferDetails collects the details of a transfer that are here.
func (g *Gateway) transferDetails(ctx context.Context, transfer consent.LogID) (client.TransferDetails, error) {
	all := client.TransferDetails{Transfer: transfer, Details: []consent.Detail{}}
	room := client.MaxDetailsBytes - 1024
	err := g.store.View(ctx, func(tx *store.Tx) error {
		entries, err := tx.EntriesOf(transfer, 0, maxTransferEntries)
		for _, e := range entries {
			if e.Detail == nil {
				continue
			}
			if room -= len(e.Detail.Content) + 64; room < 0 {
				break
			}
			all.Details = append(all.Details, *e.Detail)
		}
		return err
	})
	return all, err
}

// share exchanges a transfer's details with the other side.
func (g *Gateway) share(ctx context.Context, conn *client.Conn, transfer consent.LogID) error {
	mine, err := g.transferDetails(ctx, transfer)
	if err != nil {
		return err
	}
	theirs, err := conn.TransferDetails(ctx, mine)
	if err != nil {
		return err
	}
	if theirs.Transfer != transfer {
		return fmt.Errorf("the other side answered with another transfer's details")
	}
	return g.fileTransferDetails(ctx, theirs)
}

// declined is a reasoned no to another gateway.
func declined(code client.Decline, text string) error {
	return &client.Declined{Code: code, Text: text}
}
