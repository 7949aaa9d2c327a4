package command

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"carekey/consent"
	"carekey/ui"
	"carekey/ui/words"
	"carekey/wallet"
)

// A handle names an entry on the command line: the first eight digits of its
// log's id and its number, "4e2a91c0-7". A transfer, which is a log, has the
// digits alone. What a command prints as id is such a handle; a longer part of
// the id does as well.
const handleDigits = 8

func handleOf(log consent.LogID, number uint64) string {
	return log.String()[:handleDigits] + "-" + strconv.FormatUint(number, 10)
}

func permissionHandle(p wallet.Permission) string {
	if p.Transfer != (consent.LogID{}) {
		return p.Transfer.String()[:handleDigits]
	}
	return handleOf(p.Chart, p.Grant)
}

// parseHandle reads digits of a log's id and a number; has tells whether there
// was a number.
func parseHandle(text string) (prefix string, number uint64, has bool, err error) {
	prefix, rest, has := strings.Cut(strings.ToLower(text), "-")
	if len(prefix) < 4 || len(prefix) > 64 || !isHex(prefix) {
		return "", 0, false, usageError{words.NotAnID(text)}
	}
	if !has {
		return prefix, 0, false, nil
	}
	number, err = strconv.ParseUint(rest, 10, 64)
	if err != nil {
		return "", 0, false, usageError{words.NotAnID(text)}
	}
	return prefix, number, true, nil
}

func isHex(s string) bool {
	_, err := hex.DecodeString(s + strings.Repeat("0", len(s)%2))
	return err == nil
}

// only finds the one item that fits; several that fit are a mistake of the
// caller, none is not found.
func only[T any](list []T, fits func(T) bool, text string) (T, error) {
	var none T
	i := slices.IndexFunc(list, fits)
	if i < 0 {
		return none, fmt.Errorf("%w: %s", ui.ErrNotFound, text)
	}
	if slices.IndexFunc(list[i+1:], fits) >= 0 {
		return none, usageError{words.Ambiguous(text)}
	}
	return list[i], nil
}

func findRequest(s wallet.Snapshot, text string) (wallet.Request, error) {
	prefix, number, has, err := parseHandle(text)
	if err != nil {
		return wallet.Request{}, err
	}
	return only(s.Requests, func(r wallet.Request) bool {
		return has && r.ID.Number == number && strings.HasPrefix(r.ID.Chart.String(), prefix)
	}, text)
}

func findPermission(s wallet.Snapshot, text string) (wallet.Permission, error) {
	prefix, number, has, err := parseHandle(text)
	if err != nil {
		return wallet.Permission{}, err
	}
	return only(s.Permissions, func(p wallet.Permission) bool {
		if p.Transfer != (consent.LogID{}) {
			return !has && strings.HasPrefix(p.Transfer.String(), prefix)
		}
		return has && p.Grant == number && strings.HasPrefix(p.Chart.String(), prefix)
	}, text)
}

// findEntry finds a log that the wallet knows, and the entry's number in it.
func findEntry(s wallet.Snapshot, text string) (consent.LogID, uint64, error) {
	prefix, number, has, err := parseHandle(text)
	if err != nil {
		return consent.LogID{}, 0, err
	}
	if !has {
		return consent.LogID{}, 0, usageError{words.NotAnID(text)}
	}
	if full := (consent.LogID{}); full.UnmarshalText([]byte(prefix)) == nil {
		return full, number, nil
	}
	log, err := only(logsOf(s), func(l consent.LogID) bool { return strings.HasPrefix(l.String(), prefix) }, text)
	return log, number, err
}

// logsOf are the logs that a snapshot names, each once.
func logsOf(s wallet.Snapshot) []consent.LogID {
	var logs []consent.LogID
	for _, i := range s.Institutions {
		logs = append(logs, i.Chart)
	}
	for _, t := range s.Transfers {
		logs = append(logs, t.ID)
	}
	slices.SortFunc(logs, func(a, b consent.LogID) int { return slices.Compare(a[:], b[:]) })
	return slices.Compact(logs)
}

// findInstitution finds an institution by a part of its name, or of its chart's
// id.
func findInstitution(s wallet.Snapshot, text string) (wallet.Institution, error) {
	wanted := strings.ToLower(text)
	exact := slices.IndexFunc(s.Institutions, func(i wallet.Institution) bool { return strings.ToLower(i.Name) == wanted })
	if exact >= 0 {
		return s.Institutions[exact], nil
	}
	return only(s.Institutions, func(i wallet.Institution) bool {
		return strings.Contains(strings.ToLower(i.Name), wanted) || len(wanted) >= handleDigits && strings.HasPrefix(i.Chart.String(), wanted)
	}, text)
}
