package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"carekey/consent"
)

// Admin drives a gateway that runs in another process, by its admin socket.
// What the gateway itself says against an act is a [*Failure].
type Admin struct {
	Home string // of the gateway
}

// Invite is [Gateway.Invite].
func (a Admin) Invite(ctx context.Context, record string) (consent.Invitation, error) {
	return a.invite(ctx, inviteAct{Record: record})
}

// InviteAgain is [Gateway.InviteAgain].
func (a Admin) InviteAgain(ctx context.Context, record string) (consent.Invitation, error) {
	return a.invite(ctx, inviteAct{Record: record, Again: true})
}

func (a Admin) invite(ctx context.Context, i inviteAct) (consent.Invitation, error) {
	text, err := ask[string](ctx, a, adminRequest{Invite: &i})
	if err != nil {
		return consent.Invitation{}, err
	}
	return consent.ParseInvitation(text)
}

// Request is [Gateway.Request].
func (a Admin) Request(ctx context.Context, record string, s RequestSpec) (Written, error) {
	return ask[Written](ctx, a, adminRequest{Request: &requestAct{
		Record: record, Kind: uint8(s.Kind), By: personOf(s.By), Purpose: uint8(s.Purpose), Why: s.Why,
		Scope: scope{Types: s.Scope.Types, From: s.Scope.From, To: s.Scope.To, Sensitive: s.Scope.Sensitive},
		From:  s.From, KeptUntil: s.KeptUntil, Uses: s.Uses, For: s.For, Answer: s.Answer,
	}})
}

// Look is [Gateway.Look].
func (a Admin) Look(ctx context.Context, record string, s LookSpec) (LookResult, error) {
	return ask[LookResult](ctx, a, adminRequest{Look: &lookAct{
		Record: record, By: personOf(s.By), Purpose: uint8(s.Purpose), Types: s.Types,
		Basis: uint8(s.Basis), Grant: s.Grant, Late: s.Late,
	}})
}

// Answer is [Gateway.Answer].
func (a Admin) Answer(ctx context.Context, record string, query uint64, by consent.Person, text string) (Written, error) {
	return ask[Written](ctx, a, adminRequest{Answer: &answerAct{Record: record, Query: query, By: personOf(by), Text: text}})
}

// Collect is [Gateway.Collect].
func (a Admin) Collect(ctx context.Context, transfer consent.LogID) (Begun, error) {
	return ask[Begun](ctx, a, adminRequest{Collect: &collectAct{Transfer: transfer}})
}

// Status is [Gateway.Status].
func (a Admin) Status(ctx context.Context) (Status, error) {
	return ask[Status](ctx, a, adminRequest{Status: &statusAct{}})
}

// ask sends one request and reads the answer.
func ask[T any](ctx context.Context, a Admin, r adminRequest) (T, error) {
	var result T
	r.Version = 1
	path, err := socketPath(a.Home)
	if err != nil {
		return result, err
	}
	conn, err := new(net.Dialer).DialContext(ctx, "unix", path)
	if err != nil {
		return result, fmt.Errorf("%w: %s", ErrNotRunning, a.Home)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })()
	if err := json.NewEncoder(conn).Encode(r); err != nil {
		return result, fmt.Errorf("ask the gateway: %w", err)
	}
	var answer adminAnswer
	if err := json.NewDecoder(io.LimitReader(conn, maxAdminAnswer)).Decode(&answer); err != nil {
		return result, errors.Join(ctx.Err(), fmt.Errorf("the gateway's answer cannot be read: %w", err))
	}
	if answer.Error != "" {
		return result, &Failure{answer.Kind, answer.Error}
	}
	return result, json.Unmarshal(answer.Result, &result)
}
