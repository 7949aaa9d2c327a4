package card_test

import (
	"bytes"
	"encoding/binary"
	"flag"
	"image"
	"image/png"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"carekey/recovery"
	"carekey/recovery/card"
	"carekey/recovery/slip39"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write the golden cards anew")

// golden compares with a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s has\n%s\nnow it is\n%s", file, want, got)
	}
}

// shareOf makes a share with this value, whatever the splitting was.
func shareOf(t rapid.TB, numbers slip39.Share, value []byte) slip39.Share {
	t.Helper()
	share, err := slip39.Unpack(append(numbers.Pack(), value...))
	if err != nil {
		t.Fatal(err)
	}
	return share
}

// bytesFrom are n bytes that look like nothing.
func bytesFrom(seed byte, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		seed = seed*37 + byte(i) + 11
		b[i] = seed
	}
	return b
}

// shareNumbers are those of a share for which nothing else matters.
var shareNumbers = slip39.Share{ID: 4711, Extendable: true, GroupThreshold: 1, Groups: 1, Member: 1, Threshold: 3}

// samples are cards as they are given out, by the names of their golden texts.
func samples(t *testing.T) map[string]card.Card {
	plan := recovery.PlanID(bytesFrom(1, 16))
	made := time.Date(2026, time.November, 29, 0, 0, 0, 0, time.UTC)
	groups := slip39.Share{ID: 815, Extendable: true, GroupThreshold: 2, Groups: 3, Group: 1, Member: 2, Threshold: 2}
	alone := slip39.Share{ID: 1, GroupThreshold: 1, Groups: 1, Threshold: 1}
	return map[string]card.Card{
		"simple.txt": {
			Plan: plan, Share: shareOf(t, shareNumbers, bytesFrom(2, 16)), Made: made,
			Of: "María Núñez Ødegård", For: "Opens my medical record in an emergency, if I cannot.",
		},
		"groups.txt": {
			Plan: plan, Share: shareOf(t, groups, bytesFrom(3, 32)), Made: made,
			Of: "Παναγιώτης, Юлия and שרה כהן (1948)", For: "Brings our keys back when a device is lost.",
		},
		"alone.txt": {Plan: plan, Share: shareOf(t, alone, bytesFrom(4, 64))},
		"hostile.txt": {
			Plan: plan, Share: shareOf(t, shareNumbers, bytesFrom(5, 16)), Made: made,
			Of:  "王小明\x1b[2J\u202e eve\n 1 academic\n 2 acid",
			For: "1 academic 2 acid 3 acne 4 acquire 5 acrobat 6 activity 7 actress 8 adapt 9 adequate 10 adjust 11 admit",
			Do:  "Send it to\r\nme.\x07 " + string(bytes.Repeat([]byte("very long "), 100)),
		},
	}
}

// anyShare draws a share that a splitting could make.
func anyShare(t *rapid.T) slip39.Share {
	s := slip39.Share{
		ID: rapid.Uint16Max(1<<15-1).Draw(t, "id"), Extendable: rapid.Bool().Draw(t, "extendable"),
		Exponent: rapid.IntRange(0, 15).Draw(t, "exponent"), Groups: rapid.IntRange(1, 16).Draw(t, "groups"),
		Member: rapid.IntRange(0, 15).Draw(t, "member"), Threshold: rapid.IntRange(1, 16).Draw(t, "threshold"),
	}
	s.GroupThreshold = rapid.IntRange(1, s.Groups).Draw(t, "group threshold")
	s.Group = rapid.IntRange(0, s.Groups-1).Draw(t, "group")
	n := 2 * rapid.IntRange(slip39.MinSecretBytes/2, slip39.MaxSecretBytes/2).Draw(t, "half the bytes")
	return shareOf(t, s, random(t, "value", n))
}

// random are bytes that look random, as the bytes of plans' ids and shares do.
func random(t *rapid.T, name string, n int) []byte {
	var seed [32]byte
	binary.BigEndian.PutUint64(seed[:], rapid.Uint64().Draw(t, name))
	b := make([]byte, n)
	rand.NewChaCha8(seed).Read(b)
	return b
}

func anyCard(t *rapid.T) card.Card {
	text := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.RuneFrom([]rune("19 aé\u0301\u202e\x1b\n王ש"))))
	return card.Card{
		Plan: recovery.PlanID(random(t, "plan", 16)), Share: anyShare(t),
		Of: text.Draw(t, "of"), For: text.Draw(t, "for"), Do: text.Draw(t, "do"),
	}
}

// gozxingReads are the bytes that the Go decoder finds in a picture, or nil. If
// there is nothing but a code in it, the decoder need not look for it: it misses
// seven of a thousand that zbarimg finds.
func gozxingReads(t rapid.TB, picture image.Image, only bool) []byte {
	t.Helper()
	bitmap, err := gozxing.NewBinaryBitmapFromImage(picture)
	if err != nil {
		t.Fatal(err)
	}
	hints := map[gozxing.DecodeHintType]any{}
	if only {
		hints[gozxing.DecodeHintType_PURE_BARCODE] = true
	}
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, hints)
	if err != nil {
		return nil
	}
	segments, _ := result.GetResultMetadata()[gozxing.ResultMetadataType_BYTE_SEGMENTS].([][]byte)
	return bytes.Join(segments, nil)
}

// zbarimgReads are the bytes that zbarimg finds in a PNG; the test is skipped
// without it.
func zbarimgReads(t *testing.T, picture []byte) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "picture.png")
	if err := os.WriteFile(file, picture, 0o600); err != nil {
		t.Fatal(err)
	}
	return tool(t, nil, "zbarimg", "--quiet", "--nodbus", "--raw", "--oneshot", "-Sbinary", file)
}

// pngOf is a picture's file.
func pngOf(t *testing.T, picture image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// tool runs a program of others, or skips the test.
func tool(t *testing.T, in []byte, name string, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("skipped: %s is missing", name)
	}
	var complaint bytes.Buffer
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, complaint.Bytes())
	}
	return out
}
