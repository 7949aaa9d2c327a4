package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"

	"carekey/consent"
)

// answer is what a handler gives: a body, and bulk bytes after it if any.
type answer struct {
	body any
	bulk io.ReadCloser // nil: none
	size uint64        // of bulk
}

// handler decodes a request's body, checks the caller and answers.
type handler func(ctx context.Context, caller Caller, body []byte) (answer, error)

// Routes are the operations that a server offers, each with its handler. What
// is not there is answered with ErrNotServed.
type Routes map[Op]handler

// Join puts groups of routes together; a later one wins.
func Join(groups ...Routes) Routes {
	all := Routes{}
	for _, g := range groups {
		maps.Copy(all, g)
	}
	return all
}

// route makes a handler of a function with typed request and answer.
func route[Req, Resp any](do func(ctx context.Context, caller Caller, request Req) (Resp, error)) handler {
	return func(ctx context.Context, caller Caller, body []byte) (answer, error) {
		var request Req
		if err := consent.Decode(body, len(body), &request); err != nil {
			return answer{}, fmt.Errorf("%w: %w", ErrMalformed, err)
		}
		response, err := do(ctx, caller, request)
		return answer{body: response}, err
	}
}

// ChainRoutes gives genesis, headers and heights to anyone.
func ChainRoutes(chain Chain) Routes {
	return Routes{
		OpGenesis: route(func(ctx context.Context, _ Caller, _ nothing) (bytesMessage, error) {
			b, err := chain.Genesis(ctx)
			return bytesMessage{Bytes: b}, err
		}),
		OpLightBlock: route(func(ctx context.Context, _ Caller, r heightRequest) (bytesMessage, error) {
			if r.Height < 0 {
				return bytesMessage{}, NewFault(FaultMalformed, "height %d is below zero", r.Height)
			}
			b, err := chain.LightBlock(ctx, r.Height)
			return bytesMessage{Bytes: b}, err
		}),
		OpWaitHeight: route(func(ctx context.Context, _ Caller, r heightRequest) (heightAnswer, error) {
			h, err := chain.WaitHeight(ctx, r.Height)
			return heightAnswer{Height: h}, err
		}),
	}
}

// RegistryRoutes gives the registry log of a network and proofs of public keys
// of the state (clock, institutions, licences, the registry's head) to anyone.
func RegistryRoutes(network consent.NetworkID, state State) Routes {
	registry := consent.RegistryLogID(network)
	return Routes{
		OpProvePublic: route(func(ctx context.Context, _ Caller, r proveRequest) (consent.StateProof, error) {
			return prove(ctx, state, r, func(key []byte) bool { return publicKeyOfState(registry, key) })
		}),
		OpRegistry: route(func(ctx context.Context, _ Caller, r entriesRequest) (consent.Page, error) {
			return state.Entries(ctx, registry, r.From, pageBytes(r.MaxBytes))
		}),
	}
}

// CarrierRoutes takes transactions of anyone.
func CarrierRoutes(carrier Carrier) Routes {
	return Routes{
		OpSubmit: submitRoute(carrier),
		OpCarried: route(func(ctx context.Context, _ Caller, r carriedRequest) (Carried, error) {
			return carrier.Carried(ctx, r.Batch, r.From)
		}),
	}
}

func submitRoute(to Submitter) handler {
	return route(func(ctx context.Context, _ Caller, r bytesMessage) (nothing, error) {
		if len(r.Bytes) > consent.MaxTxBytes {
			return nothing{}, NewFault(FaultMalformed, "the transaction has more than %d bytes", consent.MaxTxBytes)
		}
		return nothing{}, to.Submit(ctx, r.Bytes)
	})
}

// WitnessRoutes gives the gateway's cosignature to anyone.
func WitnessRoutes(w Witness) Routes {
	return Routes{OpCosignature: route(func(ctx context.Context, _ Caller, _ nothing) (consent.Cosignature, error) {
		return w.Cosignature(ctx)
	})}
}

// DeskRoutes lets anyone with a ticket open a chart.
func DeskRoutes(d Desk) Routes {
	return Routes{OpEnrol: route(func(ctx context.Context, _ Caller, r EnrolRequest) (Enrolled, error) {
		return d.Enrol(ctx, r)
	})}
}

// HolderRoutes gives the holder of a log's TLS key his log and its state, and
// nothing of any other: each request looks up again whose log the key opens.
// A key that opens nothing yet may have that proven, and the clock.
func HolderRoutes(network consent.NetworkID, holders Holders, state State) Routes {
	registry := consent.RegistryLogID(network)
	return Routes{
		OpProveOwn: route(func(ctx context.Context, c Caller, r proveRequest) (consent.StateProof, error) {
			if c.Key == nil {
				return consent.StateProof{}, ErrForbidden
			}
			log, err := holders.LogOf(ctx, *c.Key)
			known := err == nil
			if !known && !errors.Is(err, ErrForbidden) {
				return consent.StateProof{}, err
			}
			return prove(ctx, state, r, func(key []byte) bool {
				return bytes.Equal(key, consent.KeyUseKey(*c.Key)) || publicKeyOfState(registry, key) ||
					known && ownKeyOfState(log, key)
			})
		}),
		OpEntries: held(holders, func(ctx context.Context, log consent.LogID, r entriesRequest) (consent.Page, error) {
			if r.Log != log {
				return consent.Page{}, ErrForbidden
			}
			return state.Entries(ctx, log, r.From, pageBytes(r.MaxBytes))
		}),
		OpWaitLog: held(holders, func(ctx context.Context, log consent.LogID, r waitRequest) (sizeAnswer, error) {
			n, err := holders.WaitLog(ctx, log, r.Size)
			return sizeAnswer{Size: n}, err
		}),
	}
}

// DetailRoutes gives the holder of a log's TLS key its private parts.
func DetailRoutes(holders Holders, details Details) Routes {
	return Routes{
		OpDetails: held(holders, func(ctx context.Context, log consent.LogID, r detailsRequest) (detailsAnswer, error) {
			if len(r.Numbers) > MaxDetailNumbers {
				return detailsAnswer{}, NewFault(FaultMalformed, "more than %d details at once", MaxDetailNumbers)
			}
			d, err := details.Details(ctx, log, r.Numbers)
			return detailsAnswer{Details: fitDetails(d)}, err
		}),
		OpPutDetail: held(holders, func(ctx context.Context, log consent.LogID, r consent.Detail) (nothing, error) {
			return nothing{}, details.PutDetail(ctx, log, r)
		}),
	}
}

// fitDetails cuts an answer to what fits its frame.
func fitDetails(details []NumberedDetail) []NumberedDetail {
	room := MaxDetailsBytes - 16
	for i, d := range details {
		if room -= len(d.Detail.Content) + 64; room < 0 {
			return details[:i]
		}
	}
	return details
}

// TransferRoutes gives a chart's patient source keys and takes his parcels.
func TransferRoutes(holders Holders, transfers Transfers) Routes {
	return Routes{
		OpSourceKeys: held(holders, func(ctx context.Context, log consent.LogID, r countRequest) (sourceKeysAnswer, error) {
			keys, err := transfers.SourceKeys(ctx, log, min(r.Count, MaxSourceKeys))
			return sourceKeysAnswer{Keys: keys}, err
		}),
		OpPutParcel: held(holders, func(ctx context.Context, log consent.LogID, r consent.Parcel) (nothing, error) {
			return nothing{}, transfers.PutParcel(ctx, log, r)
		}),
	}
}

// MaxSourceKeys is how many unused source keys a chart has at most.
const MaxSourceKeys = 4

// held is a route for the holder of a log's TLS key.
func held[Req, Resp any](holders Holders, do func(context.Context, consent.LogID, Req) (Resp, error)) handler {
	return route(func(ctx context.Context, c Caller, r Req) (Resp, error) {
		var none Resp
		if c.Key == nil {
			return none, ErrForbidden
		}
		log, err := holders.LogOf(ctx, *c.Key)
		if err != nil {
			return none, err
		}
		return do(ctx, log, r)
	})
}

// PeerRoutes serves registered gateways.
func PeerRoutes(registered Registered, peer Peer) Routes {
	return Routes{
		OpTransferRequest: byInstitution(registered, func(ctx context.Context, from consent.InstitutionID, c Caller, r TransferRequest) (TransferOffer, error) {
			return peer.TransferRequest(ctx, from, c, r)
		}),
		OpTransferDetails: byInstitution(registered, func(ctx context.Context, from consent.InstitutionID, _ Caller, r TransferDetails) (TransferDetails, error) {
			return peer.TransferDetails(ctx, from, r)
		}),
		OpUndelivered: byInstitution(registered, func(ctx context.Context, from consent.InstitutionID, _ Caller, r UndeliveredRequest) (signatureAnswer, error) {
			sig, err := peer.Undelivered(ctx, from, r)
			return signatureAnswer{Signature: sig}, err
		}),
		OpTransferData: transferData(registered, peer),
	}
}

func transferData(registered Registered, peer Peer) handler {
	return func(ctx context.Context, c Caller, body []byte) (answer, error) {
		var bulk io.ReadCloser
		open := byInstitution(registered, func(ctx context.Context, from consent.InstitutionID, c Caller, r UseRequest) (sizedAnswer, error) {
			data, size, err := peer.TransferData(ctx, from, c, r)
			bulk = data
			return sizedAnswer{Size: size}, err
		})
		a, err := open(ctx, c, body)
		if err != nil {
			return answer{}, err
		}
		a.bulk, a.size = bulk, a.body.(sizedAnswer).Size
		return a, nil
	}
}

// byInstitution is a route for registered gateways.
func byInstitution[Req, Resp any](registered Registered, do func(context.Context, consent.InstitutionID, Caller, Req) (Resp, error)) handler {
	return route(func(ctx context.Context, c Caller, r Req) (Resp, error) {
		var none Resp
		if c.Key == nil {
			return none, ErrForbidden
		}
		from, err := registered.InstitutionOf(ctx, *c.Key)
		if err != nil {
			return none, err
		}
		return do(ctx, from, c, r)
	})
}

// NodeRoutes serves a node, whole, to registered gateways and to nobody else.
func NodeRoutes(registered Registered, node Node) Routes {
	routes := ChainRoutes(node)
	routes[OpSubmit] = submitRoute(node)
	routes[OpNodeProve] = route(func(ctx context.Context, _ Caller, r proveRequest) (consent.StateProof, error) {
		return prove(ctx, node, r, func([]byte) bool { return true })
	})
	routes[OpNodeEntries] = route(func(ctx context.Context, _ Caller, r entriesRequest) (consent.Page, error) {
		return node.Entries(ctx, r.Log, r.From, pageBytes(r.MaxBytes))
	})
	for op, h := range routes {
		routes[op] = onlyRegistered(registered, h)
	}
	return routes
}

func onlyRegistered(registered Registered, next handler) handler {
	return func(ctx context.Context, c Caller, body []byte) (answer, error) {
		if c.Key == nil {
			return answer{}, ErrForbidden
		}
		if _, err := registered.InstitutionOf(ctx, *c.Key); err != nil {
			return answer{}, err
		}
		return next(ctx, c, body)
	}
}

// prove answers a proof request for keys that the caller may see.
func prove(ctx context.Context, state State, r proveRequest, may func(key []byte) bool) (consent.StateProof, error) {
	if len(r.Keys) == 0 || len(r.Keys) > MaxProofKeys || r.Height < 0 {
		return consent.StateProof{}, NewFault(FaultMalformed, "a proof is of 1 to %d keys", MaxProofKeys)
	}
	for _, key := range r.Keys {
		if !may(key) {
			return consent.StateProof{}, ErrForbidden
		}
	}
	return state.Prove(ctx, r.Height, r.Keys)
}

// publicKeyOfState tells whether anyone may have a key of the state proven.
func publicKeyOfState(registry consent.LogID, key []byte) bool {
	return bytes.Equal(key, consent.ClockKey()) || bytes.Equal(key, consent.HeadKey(registry)) ||
		bytes.HasPrefix(key, consent.InstitutionKey(consent.InstitutionID{})[:5]) ||
		bytes.HasPrefix(key, consent.LicenceKey(consent.PublicKey{})[:8])
}

// ownKeyOfState tells whether a key of the state belongs to a log.
func ownKeyOfState(log consent.LogID, key []byte) bool {
	grants := consent.GrantKey(log, 0)
	return bytes.Equal(key, consent.HeadKey(log)) || bytes.HasPrefix(key, grants[:len(grants)-8])
}

// pageBytes keeps a page of entries inside its frame with its companions.
func pageBytes(asked uint32) int {
	const most = 896 << 10
	if asked == 0 || asked > most {
		return most
	}
	return int(asked)
}
