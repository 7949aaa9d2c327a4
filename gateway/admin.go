package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	"carekey/consent"
	"carekey/fhir"
)

// The admin socket lets commands in another terminal drive a running gateway.
// It is a unix domain socket in the gateway's home that only its owner may
// open; each connection carries one request and one answer, JSON objects.

const (
	adminSocket     = "admin.sock"
	maxAdminRequest = 64 << 10
	maxAdminAnswer  = 1 << 30
	adminTimeout    = 5 * time.Minute
	maxSocketPath   = 100 // bytes; the kernel's limit is 108 or less
)

// ErrNotRunning means that no gateway listens at a home's admin socket.
var ErrNotRunning = errors.New("no gateway is running there")

// adminRequest is one act: exactly one member is set.
type adminRequest struct {
	Version int         `json:"version"` // 1
	Invite  *inviteAct  `json:"invite,omitempty"`
	Request *requestAct `json:"request,omitempty"`
	Look    *lookAct    `json:"look,omitempty"`
	Answer  *answerAct  `json:"answer,omitempty"`
	Collect *collectAct `json:"collect,omitempty"`
	Status  *statusAct  `json:"status,omitempty"`
}

type (
	inviteAct struct {
		Record string `json:"record"`
		Again  bool   `json:"again,omitempty"`
	}

	requestAct struct {
		Record    string                `json:"record"`
		Kind      uint8                 `json:"kind"` // consent.RequestKind
		By        person                `json:"by"`
		Purpose   uint8                 `json:"purpose"` // consent.Purpose
		Why       string                `json:"why"`
		Scope     scope                 `json:"scope"`
		From      consent.InstitutionID `json:"from"`
		KeptUntil consent.Date          `json:"kept_until"`
		Uses      uint32                `json:"uses"`
		For       time.Duration         `json:"for"`    // nanoseconds
		Answer    time.Duration         `json:"answer"` // nanoseconds
	}

	lookAct struct {
		Record  string               `json:"record"`
		By      person               `json:"by"`
		Purpose uint8                `json:"purpose"`
		Types   []consent.RecordType `json:"types"`
		Basis   uint8                `json:"basis"` // consent.Basis
		Grant   *uint64              `json:"grant,omitempty"`
		Late    string               `json:"late,omitempty"`
	}

	answerAct struct {
		Record string `json:"record"`
		Query  uint64 `json:"query"`
		By     person `json:"by"`
		Text   string `json:"text"`
	}

	collectAct struct {
		Transfer consent.LogID `json:"transfer"`
	}

	statusAct struct{}

	person struct {
		Name    string             `json:"name"`
		Role    string             `json:"role"`
		Licence *consent.PublicKey `json:"licence,omitempty"`
	}

	scope struct {
		Types     []consent.RecordType `json:"types"`
		From      consent.Date         `json:"from"`
		To        consent.Date         `json:"to"`
		Sensitive []consent.Sensitive  `json:"sensitive"`
	}
)

// adminAnswer holds a result, or the sentence that says why there is none and
// of which kind it is.
type adminAnswer struct {
	Error  string          `json:"error,omitempty"`
	Kind   FailureKind     `json:"kind,omitempty"`
	Result json.RawMessage `json:"result,omitempty"`
}

// ServeAdmin answers the admin socket until the gateway is closed.
func (g *Gateway) ServeAdmin() error {
	path, err := socketPath(g.config.Home)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("admin socket: %w", err) // the store's lock says that nobody listens there
	}
	l, err := new(net.ListenConfig).Listen(g.run, "unix", path)
	if err != nil {
		return fmt.Errorf("admin socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return errors.Join(fmt.Errorf("admin socket: %w", err), l.Close())
	}
	g.work.Go(func() { <-g.run.Done(); l.Close() })
	for {
		conn, err := l.Accept()
		if err != nil {
			return g.unlessClosed(fmt.Errorf("admin socket: %w", err))
		}
		g.work.Go(func() { g.answerAdmin(conn) })
	}
}

// unlessClosed is err, or nil once the gateway was closed, which is how a
// listener ends.
func (g *Gateway) unlessClosed(err error) error {
	select {
	case <-g.run.Done():
		return nil
	default:
		return err
	}
}

func socketPath(home string) (string, error) {
	path, err := filepath.Abs(filepath.Join(home, adminSocket))
	if err == nil && len(path) > maxSocketPath {
		err = fmt.Errorf("the gateway's folder has too long a name for a socket: %s", home)
	}
	return path, err
}

func (g *Gateway) answerAdmin(conn net.Conn) {
	defer conn.Close()
	ctx, cancel := context.WithTimeout(g.run, adminTimeout)
	defer cancel()
	if err := conn.SetDeadline(time.Now().Add(adminTimeout)); err != nil {
		return
	}
	result, err := g.readAct(ctx, conn)
	answer := adminAnswer{}
	if err == nil {
		answer.Result, err = json.Marshal(result)
	}
	if err != nil {
		f := failureOf(err)
		answer.Error, answer.Kind = f.Text, f.Kind
	}
	if err := json.NewEncoder(conn).Encode(answer); err != nil {
		g.log.Debug("nobody waited for an admin answer", "error", err)
	}
}

func (g *Gateway) readAct(ctx context.Context, conn io.Reader) (any, error) {
	r, err := decodeAdminRequest(conn)
	if err != nil {
		return nil, err
	}
	return g.act(ctx, r)
}

// decodeAdminRequest reads one request.
func decodeAdminRequest(from io.Reader) (adminRequest, error) {
	var r adminRequest
	dec := json.NewDecoder(io.LimitReader(from, maxAdminRequest))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r); err != nil {
		return r, fmt.Errorf("the request cannot be read: %w", err)
	}
	if r.Version != 1 {
		return r, fmt.Errorf("this gateway speaks version 1 of the admin protocol, not %d", r.Version)
	}
	return r, nil
}

// act carries out a request.
func (g *Gateway) act(ctx context.Context, r adminRequest) (any, error) {
	switch {
	case r.Invite != nil:
		invite := g.Invite
		if r.Invite.Again {
			invite = g.InviteAgain
		}
		i, err := invite(ctx, r.Invite.Record)
		return i.Text(), err
	case r.Request != nil:
		return g.Request(ctx, r.Request.Record, r.Request.spec())
	case r.Look != nil:
		return g.adminLook(ctx, *r.Look)
	case r.Answer != nil:
		return g.Answer(ctx, r.Answer.Record, r.Answer.Query, r.Answer.By.consent(), r.Answer.Text)
	case r.Collect != nil:
		return g.Collect(ctx, r.Collect.Transfer)
	case r.Status != nil:
		return g.Status(ctx)
	}
	return nil, errors.New("the request asks for nothing")
}

func (p person) consent() consent.Person {
	return consent.Person{Name: p.Name, Role: p.Role, Licence: p.Licence}
}

func personOf(p consent.Person) person {
	return person{Name: p.Name, Role: p.Role, Licence: p.Licence}
}

func (r *requestAct) spec() RequestSpec {
	return RequestSpec{
		Kind: consent.RequestKind(r.Kind), By: r.By.consent(), Purpose: consent.Purpose(r.Purpose), Why: r.Why,
		Scope: consent.Scope{Types: r.Scope.Types, From: r.Scope.From, To: r.Scope.To, Sensitive: r.Scope.Sensitive},
		From:  r.From, KeptUntil: r.KeptUntil, Uses: r.Uses, For: r.For, Answer: r.Answer,
	}
}

// LookResult is what a look shows to another process.
type LookResult struct {
	Bundle  json.RawMessage `json:"bundle"`  // a FHIR collection
	Records int             `json:"records"` // health records in it; people, places and medicines are none
	Omitted []string        `json:"omitted"`
	Access  *Written        `json:"access,omitempty"`
}

func (g *Gateway) adminLook(ctx context.Context, l lookAct) (LookResult, error) {
	looked, err := g.Look(ctx, l.Record, LookSpec{
		By: l.By.consent(), Purpose: consent.Purpose(l.Purpose), Types: l.Types,
		Basis: consent.Basis(l.Basis), Grant: l.Grant, Late: l.Late,
	})
	if err != nil {
		return LookResult{}, err
	}
	var out bytes.Buffer
	if err := fhir.Write(&out, looked.Bundle); err != nil {
		return LookResult{}, err
	}
	result := LookResult{Bundle: out.Bytes(), Records: looked.Records, Omitted: []string{}, Access: looked.Grant}
	for _, o := range looked.Omitted {
		result.Omitted = append(result.Omitted, o.String())
	}
	return result, nil
}
