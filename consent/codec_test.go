package consent_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"carekey/consent"
)

// everyType is a value of each type that has canonical bytes.
func everyType() []any {
	return []any{
		new(consent.Header), new(consent.Item), new(consent.Tx), new(consent.Entry), new(consent.Companion),
		new(consent.Head), new(consent.Chart), new(consent.Rate), new(consent.Transfer), new(consent.Frontier),
		new(consent.Grant), new(consent.Clock), new(consent.KeyUse), new(consent.ItemResult),
		new(consent.ChartKeys), new(consent.Countersigned), new(consent.OpenFields), new(consent.SayFields), new(consent.GrantFields),
		new(consent.RevokeFields), new(consent.AccessFields), new(consent.RotateFields), new(consent.FreezeFields),
		new(consent.CloseFields), new(consent.SponsorTicket), new(consent.TransferFields), new(consent.StepFields),
		new(consent.UndeliveredFields), new(consent.StopFields),
		new(consent.LedgerKey), new(consent.Institution), new(consent.Licence), new(consent.RegistryFields),
		new(consent.Detail), new(consent.Person), new(consent.Scope),
		new(consent.Opened), new(consent.Request), new(consent.Denial), new(consent.Query), new(consent.Answer),
		new(consent.Acknowledgement), new(consent.Blocking), new(consent.Granted), new(consent.Revoked),
		new(consent.Accessed), new(consent.TransferUse), new(consent.Terms), new(consent.Step), new(consent.Reason),
		new(consent.Anchor), new(consent.Invitation), new(consent.Enrolment), new(consent.Cosigned), new(consent.Cosignature),
		new(consent.Page), new(consent.ProvenKey), new(consent.StateProof), new(consent.Tip), new(consent.Remembered),
		new(consent.Parcel), new(consent.SourceKey), new(consent.SignedSourceKey), new(consent.SignedTicket),
		new(consent.TransferLink), new(consent.SignedLink), new(consent.Core), new(consent.Offer), new(consent.SessionProof),
		new(consent.View), new(consent.OpenRequest), new(consent.LiveGrant), new(consent.OpenQuery), new(consent.Unconfirmed),
		new(consent.Settled),
	}
}

// fill sets everything in v at random: pointers to something or nothing,
// slices and texts never empty.
func fill(r *rand.Rand, v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 1)
	case reflect.Int64:
		v.SetInt(int64(r.Uint64()) >> r.IntN(64))
	case reflect.Uint8, reflect.Uint32, reflect.Uint64:
		v.SetUint(r.Uint64() >> (64 - v.Type().Bits() + r.IntN(v.Type().Bits())))
	case reflect.String:
		v.SetString([]string{"a", "Zoë", "病歴", "line\nbreak", "x\u0000y"}[r.IntN(5)])
	case reflect.Pointer:
		if r.IntN(3) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(r, v.Elem())
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1+r.IntN(3), 3))
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			fill(r, v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(r, v.Field(i))
			}
		}
	default:
		panic(fmt.Sprintf("nothing to fill a %s with", v.Type()))
	}
}

func TestDecodeThenEncodeIsTheIdentity(t *testing.T) {
	for _, v := range everyType() {
		t.Run(reflect.TypeOf(v).Elem().Name(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				want := reflect.New(reflect.TypeOf(v).Elem())
				fill(rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)), want.Elem())
				b := consent.Encode(want.Interface())
				got := reflect.New(want.Elem().Type())
				if err := consent.Decode(b, len(b), got.Interface()); err != nil {
					t.Fatalf("%x: %v", b, err)
				}
				if !reflect.DeepEqual(want.Interface(), got.Interface()) {
					t.Fatalf("%+v became %+v", want.Elem(), got.Elem())
				}
			})
		})
	}
}

// Empty and absent lists have one encoding, and a value as it is made has the
// one it is read with.
func TestZeroValues(t *testing.T) {
	for _, v := range everyType() {
		b := consent.Encode(v)
		again := reflect.New(reflect.TypeOf(v).Elem()).Interface()
		if err := consent.Decode(b, len(b), again); err != nil {
			t.Errorf("%T: %v", v, err)
		}
		if err := consent.Decode(b, len(b)-1, again); err == nil {
			t.Errorf("%T: decoded although over the limit", v)
		}
		if b[0]>>5 != 4 {
			t.Errorf("%T is not an array: %x", v, b)
		}
	}
	if !bytes.Equal(consent.Encode(consent.Scope{}), consent.Encode(consent.Scope{Types: []consent.RecordType{}})) {
		t.Error("nil and empty lists differ")
	}
}

func TestDecodeRefusesWhatIsNotCanonical(t *testing.T) {
	type pair struct {
		_ struct{} `cbor:",toarray"`
		A uint64
		B string
	}
	good := []byte{0x82, 0x01, 0x61, 'x'}
	if err := consent.Decode(good, 4, new(pair)); err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string]string{
		"a longer integer":        "82180161" + "78",
		"an integer in 8 bytes":   "821b00000000000000016178",
		"a longer text length":    "8201780178",
		"a longer array length":   "9802016178",
		"an indefinite array":     "9f016178ff",
		"an indefinite text":      "82017f6178ff",
		"a float":                 "82f93c006178",
		"a bignum":                "82c241016178",
		"a tag":                   "8201d8186178",
		"true for one":            "82f56178",
		"null for zero":           "82f66178",
		"undefined":               "82f76178",
		"bytes for text":          "82014178",
		"text that is not UTF-8":  "820161ff",
		"a map":                   "a2614101614261" + "78",
		"a part less":             "8101",
		"a part more":             "8301617800",
		"trailing bytes":          "8201617800",
		"nothing":                 "",
		"a negative number":       "82206178",
		"a reserved simple value": "82f8186178",
	} {
		var p pair
		if err := consent.Decode(unhex(t, b), 100, &p); err == nil {
			t.Errorf("%s: decoded to %+v", name, p)
		}
	}
	if err := consent.Decode(unhex(t, "8218016178"), 100, new(pair)); !errors.Is(err, consent.ErrNotCanonical) {
		t.Errorf("a longer integer: %v", err)
	}
	var m map[string]int
	for name, b := range map[string]string{"duplicate keys": "a2616101616102", "keys out of order": "a2616201616102"} {
		if err := consent.Decode(unhex(t, b), 100, &m); err == nil {
			t.Errorf("%s: decoded to %v", name, m)
		}
	}
	if err := consent.Decode(bytes.Repeat([]byte{0x81}, 1000), 2000, new(any)); err == nil {
		t.Error("a thousand nested arrays were decoded")
	}
}

func TestHexText(t *testing.T) {
	id := consent.LogID(consent.Sum([]byte("x")))
	text, err := id.MarshalText()
	if err != nil || string(text) != id.String() {
		t.Errorf("%s, %v", text, err)
	}
	var again consent.LogID
	if err := again.UnmarshalText(text); err != nil || again != id {
		t.Errorf("%s, %v", again, err)
	}
	for _, bad := range []string{"", "00", string(text[1:]), string(text) + "00", "g" + string(text[1:])} {
		if again.UnmarshalText([]byte(bad)) == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func TestIdentifiersAreApart(t *testing.T) {
	network, inst, k := consent.NetworkID{1}, consent.InstitutionID{2}, newKey("k").Public()
	seen := map[consent.LogID]string{}
	for name, id := range map[string]consent.LogID{
		"chart":          consent.NewLogID(consent.ChartLog, network, inst, k),
		"transfer":       consent.NewLogID(consent.TransferLog, network, inst, k),
		"no institution": consent.NewLogID(consent.ChartLog, network, consent.InstitutionID{}, k),
		"other network":  consent.NewLogID(consent.ChartLog, consent.NetworkID{9}, inst, k),
		"other inst":     consent.NewLogID(consent.ChartLog, network, consent.InstitutionID{9}, k),
		"other key":      consent.NewLogID(consent.ChartLog, network, inst, newKey("j").Public()),
		"registry":       consent.RegistryLogID(network),
		"institution":    consent.LogID(consent.NewInstitutionID(network, k)),
	} {
		if other, ok := seen[id]; ok {
			t.Errorf("%s and %s have one id", name, other)
		}
		seen[id] = name
	}
}

func TestNoncesDiffer(t *testing.T) {
	a, err := consent.NewNonce()
	b, err2 := consent.NewNonce()
	if err != nil || err2 != nil || a == b || a == (consent.Nonce{}) {
		t.Errorf("%x, %x, %v, %v", a, b, err, err2)
	}
}
