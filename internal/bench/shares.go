package main

import (
	"bytes"
	"context"
	"crypto/pbkdf2"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"carekey/recovery/slip39"
)

// Secrets in shares: splitting and combining beside the PBKDF2 that SLIP-0039
// prescribes, and sharing alone beside plain tables.

const (
	shareRuns    = 60
	shareBytes   = 32
	shareLimit   = 1.1
	sharingRuns  = 5
	sharingLimit = 1
	combineLimit = 50 * time.Millisecond
)

var shareShapes = []slip39.Group{{Threshold: 3, Members: 5}, {Threshold: 8, Members: 16}}

func measureShares(ctx context.Context, dir string) (rows []row, err error) {
	for _, s := range shareShapes {
		more, err := measureSharing(s)
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	alone, err := measureSharingAlone(ctx)
	if err != nil {
		return nil, err
	}
	command, err := measureCombine(ctx, dir)
	return append(append(rows, alone...), command...), err
}

// measureCombine starts the program that puts a secret of three files together.
func measureCombine(ctx context.Context, dir string) ([]row, error) {
	program := filepath.Join(dir, "carekey")
	if err := build(ctx, ".", program); err != nil {
		return nil, err
	}
	groups, err := slip39.Simple(3, 5).Split(bytes.Repeat([]byte{7}, shareBytes))
	if err != nil {
		return nil, err
	}
	args := []string{"shares", "combine", "--yes"}
	for i, s := range groups[0][:3] {
		name := filepath.Join(dir, fmt.Sprint("share", i))
		if err := os.WriteFile(name, []byte(s.Sentence()), 0o600); err != nil {
			return nil, err
		}
		args = append(args, name)
	}
	start := func(args ...string) func() error {
		return func() error { return exec.CommandContext(ctx, program, args...).Run() }
	}
	if err := errors.Join(start("version")(), start(args...)()); err != nil { // warms the caches
		return nil, err
	}
	all, err := inTurns(starts, start(args...), start("version"))
	if err != nil {
		return nil, err
	}
	took, floor := all[0].took.at(0.5), all[1].took.at(0.5)
	return []row{below("`carekey shares combine` of three files vs `carekey version`", took, floor, combineLimit, milliseconds, ratio(took, floor))}, nil
}

// measureSharing splits and combines, each in turns with its four rounds of
// PBKDF2 alone.
func measureSharing(g slip39.Group) ([]row, error) {
	secret := bytes.Repeat([]byte{7}, shareBytes)
	scheme := slip39.Simple(g.Threshold, g.Members)
	groups, err := scheme.Split(secret)
	if err != nil {
		return nil, err
	}
	split := func() error { _, err := scheme.Split(secret); return err }
	combine := func() error {
		got, err := slip39.Combine(groups[0][g.Members-g.Threshold:], nil)
		if err == nil && !bytes.Equal(got, secret) {
			err = errors.New("another secret came out")
		}
		return err
	}
	all, err := inTurns(shareRuns, split, combine, fourRounds)
	if err != nil {
		return nil, err
	}
	what := fmt.Sprintf("%d bytes, %d of %d, vs their PBKDF2 alone", shareBytes, g.Threshold, g.Members)
	return []row{
		atMost("split "+what, all[0].took, all[2].took, 0.5, shareLimit),
		atMost("combine "+what, all[1].took, all[2].took, 0.5, shareLimit),
	}, nil
}

// fourRounds is what the cipher of SLIP-0039 takes from PBKDF2 at exponent 0.
func fourRounds() error {
	for range 4 {
		if _, err := pbkdf2.Key(sha256.New, "\x00", make([]byte, shareBytes/2), 2500, shareBytes/2); err != nil {
			return err
		}
	}
	return nil
}

// sharingLine is a line of the package's own benchmark, which sees inside.
var sharingLine = regexp.MustCompile(`(?m)^BenchmarkSharing/of-(\d+)(-by-tables)?-\d+\s+\d+\s+([\d.]+) ns/op`)

func measureSharingAlone(ctx context.Context) ([]row, error) {
	out, err := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "^BenchmarkSharing$",
		"-count", strconv.Itoa(sharingRuns), "carekey/recovery/slip39").CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	ours, tables := map[int]samples{}, map[int]samples{}
	for _, m := range sharingLine.FindAllSubmatch(out, -1) {
		members, _ := strconv.Atoi(string(m[1])) // digits
		took, err := time.ParseDuration(string(m[3]) + "ns")
		if err != nil {
			return nil, err
		}
		if len(m[2]) > 0 {
			tables[members] = append(tables[members], took)
		} else {
			ours[members] = append(ours[members], took)
		}
	}
	var rows []row
	for _, s := range shareShapes {
		if len(ours[s.Members]) != sharingRuns || len(tables[s.Members]) != sharingRuns {
			return nil, fmt.Errorf("the benchmark of sharing says something else: %s", out)
		}
		r := atMost(fmt.Sprintf("sharing alone, %d of %d, vs plain tables", s.Threshold, s.Members), ours[s.Members], tables[s.Members], 0.5, sharingLimit)
		r.value, r.floor = microseconds(ours[s.Members].at(0.5)), microseconds(tables[s.Members].at(0.5))
		rows = append(rows, r)
	}
	return rows, nil
}

func microseconds(d time.Duration) string {
	return fmt.Sprintf("%.2f µs", float64(d)/float64(time.Microsecond))
}
