package consent_test

import (
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"

	"carekey/consent"
)

var updateVectors = flag.Bool("update", false, "write the vectors in testdata anew")

const vectorsFile = "testdata/vectors.json"

// vectorUntil is the end of the published countersignature.
const vectorUntil consent.Time = 1_800_500_000_000_000_000

// vectors are the bytes of fixed values: another implementation can compare
// its own with them, and no format here changes unseen. Keys are the Ed25519
// keys whose seed is SHA-256 of the label in their name; see testdata/README.md.
func vectors(t testing.TB) map[string]string {
	v := map[string]string{}
	b := func(name string, bytes []byte) { v[name] = hex.EncodeToString(bytes) }
	network := consent.NetworkID(consent.Sum([]byte("network")))
	sign, tls, ledger := newKey("ann sign"), newKey("ann tls"), newKey("City Hospital ledger")
	hospital := consent.NewInstitutionID(network, ledger.Public())
	log := consent.NewLogID(consent.ChartLog, network, hospital, sign.Public())
	keys := consent.ChartKeys{Institution: hospital, Sign: sign.Public(), TLS: tls.Public(), Seal: consent.Sum([]byte("seal"))}

	v["id network"], v["id institution"], v["id chart"] = network.String(), hospital.String(), log.String()
	v["id transfer"] = consent.NewLogID(consent.TransferLog, network, consent.InstitutionID{}, sign.Public()).String()
	v["id registry"] = consent.RegistryLogID(network).String()
	v["key ann sign"], v["key id ann sign"] = sign.Public().String(), sign.Public().ID().String()
	open := consent.OpenStatement("carekey-vectors", log, keys, vectorUntil)
	sponsor := ledger.sign(open)
	b("statement open", open.Bytes())
	b("statement open, signature", sponsor[:])
	b("statement without log", consent.Statement{Context: consent.ContextHeader, Chain: "carekey-vectors", Body: []byte{0x80}}.Bytes())
	b("statement rotate", consent.RotateStatement("carekey-vectors", log, keys).Bytes())

	for name, fields := range vectorFields(keys, sponsor) {
		b("fields "+name, consent.Encode(fields))
	}
	vectorEntry(t, b, sign, log, keys, sponsor)
	vectorDetails(b, network, log)
	vectorState(b, keys, log, hospital)
	vectorTrees(v)
	v["text anchor"] = anchor().String()
	v["text invitation"] = invitation().Text()
	b("hash core", hash(core().Hash()))
	b("hash offer", hash(consent.Offer{Core: core().Hash(), Ciphertext: consent.Hash{1}, Size: 2, Manifest: consent.Hash{3}}.Hash()))
	for class := consent.ClassOpen; class <= consent.ClassPart; class++ {
		v[fmt.Sprintf("class %02d", class)] = class.String()
	}
	return v
}

func hash(h consent.Hash) []byte { return h[:] }

func vectorFields(keys consent.ChartKeys, sig consent.Signature) map[string]any {
	number := uint64(7)
	step := consent.StepFields{Use: 1, Offer: consent.Hash{1}}
	return map[string]any{
		"open": consent.OpenFields{Keys: keys, Until: vectorUntil, Sponsor: sig}, "say": consent.SayFields{Side: consent.SidePatient, Answers: &number, Due: 5},
		"say, nothing": consent.SayFields{Side: consent.SideInstitution}, "grant": consent.GrantFields{Expiry: 5, Uses: 3},
		"revoke": consent.RevokeFields{Grant: 7}, "access": consent.AccessFields{}, "access, grant": consent.AccessFields{Grant: &number},
		"rotate": consent.RotateFields{Keys: keys, Proof: sig}, "freeze": consent.FreezeFields{Until: 5}, "close": consent.CloseFields{},
		"transfer-open": consent.TransferFields{Patient: keys.Sign, TLS: keys.TLS, Source: keys.Sign, TicketProof: sig, Expiry: 5, Uses: 1,
			Ticket: consent.SponsorTicket{Sponsor: keys.Institution, Nonce: consent.Nonce{1}, Destination: keys.TLS, Expiry: 4}},
		"step": step, "undelivered": consent.UndeliveredFields{Step: step, Other: sig}, "stop": consent.StopFields{},
	}
}

func vectorEntry(t testing.TB, b func(string, []byte), sign key, log consent.LogID, keys consent.ChartKeys, sponsor consent.Signature) {
	item := consent.NewItem(log, consent.ClassOpen, consent.OpenFields{Keys: keys, Until: vectorUntil, Sponsor: sponsor}, commitment("vector"))
	tx, err := consent.NewTx(consent.Author{
		Chain: "carekey-vectors", Kind: consent.SignerPatient, Log: log, Signer: sign, Nonce: consent.Nonce{1, 2, 3}, ValidUntil: 1_800_000_000_000_000_000,
	}, item)
	if err != nil {
		t.Fatal(err)
	}
	parts, h, err := consent.DecodeTx(tx)
	if err != nil {
		t.Fatal(err)
	}
	b("transaction", tx)
	b("transaction header", parts.Header)
	b("transaction signed bytes", h.Statement("carekey-vectors", parts.Header).Bytes())
	b("transaction item", parts.Items[0])
	id := consent.BatchID(parts.Header, parts.Signature)
	b("transaction batch id", id[:])
	spends := h.Spends()
	b("transaction spends nonce", spends.Nonce[:])
	leaf := consent.Encode(consent.Entry{
		Version: 1, Log: log, Number: 0, Height: 12, Time: 1_799_999_999_000_000_000, Item: parts.Items[0], Batch: id,
	})
	b("entry leaf", leaf)
	b("entry leaf hash", hash(consent.LeafHash(leaf)))
	b("companion", consent.Encode(consent.Companion{Header: parts.Header, Signature: parts.Signature}))
}

func vectorDetails(b func(string, []byte), network consent.NetworkID, log consent.LogID) {
	for _, c := range contents() {
		name := fmt.Sprintf("%T", c)[len("*consent."):]
		d := consent.Detail{Salt: [32]byte{1, 2, 3}, Content: consent.EncodeContent(c)}
		b("detail "+name, consent.Encode(d))
		b("detail "+name+", commitment", hash(d.Commitment(network, log, classesOf(c)[0])))
	}
}

func vectorState(b func(string, []byte), keys consent.ChartKeys, log consent.LogID, hospital consent.InstitutionID) {
	tree := consent.Frontier{}
	tree.AppendAll(leafHashes(5))
	b("state head, chart", consent.Encode(consent.Head{Version: 1, Kind: consent.ChartLog, Tree: tree, Chart: &consent.Chart{Keys: keys, FrozenUntil: 5}, Rate: consent.Rate{Hour: 9, Count: 2, Stops: 1}}))
	b("state head, transfer", consent.Encode(consent.Head{Version: 1, Kind: consent.TransferLog, Tree: tree, Transfer: &consent.Transfer{
		Sponsor: hospital, Patient: keys.Sign, TLS: keys.TLS, Source: keys.Sign, Destination: keys.TLS, Expiry: 9, Uses: 2, Done: 1, Use: 2,
		Stored: consent.TransferCollected, Offer: consent.Hash{1}, Deadline: 7, Stopped: true, StoppedAt: 8,
	}}))
	b("state grant", consent.Encode(consent.Grant{Expiry: 5, Limited: true, Left: 3}))
	b("state clock", consent.Encode(consent.Clock{Time: 5, Live: 6}))
	b("state key use", consent.Encode(consent.KeyUse{Log: log, Current: true}))
	b("state institution", consent.Encode(institution{hospital, "City Hospital", newKey("City Hospital ledger"), newKey("City Hospital tls")}.content(consent.Hospital, 5)))
	b("state licence", consent.Encode(consent.Licence{Key: keys.Sign, Board: hospital, Status: consent.LicenceActive, From: 1, Until: 2}))
	b("state key of head", consent.HeadKey(log))
	b("state key of grant", consent.GrantKey(log, 0x0102030405060708))
	b("state key of key use", consent.KeyUseKey(keys.Sign))
	b("state key of institution", consent.InstitutionKey(hospital))
	b("state key of licence", consent.LicenceKey(keys.Sign))
	b("state key of clock", consent.ClockKey())
}

func vectorTrees(v map[string]string) {
	leaves := leafHashes(8)
	for n := range 9 {
		v[fmt.Sprintf("tree root of %d leaves", n)] = consent.TreeRoot(leaves[:n]).String()
	}
	proof := ""
	for _, h := range consent.ProveLeaves(leaves[:7], []uint32{1, 5}) {
		proof += h.String()
	}
	v["tree proof of leaves 1 and 5 of 7"] = proof
}

func TestVectors(t *testing.T) {
	got := vectors(t)
	if *updateVectors {
		b, err := json.MarshalIndent(got, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(vectorsFile, append(b, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]string
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got[name] != want[name] {
			t.Errorf("%s: %s, published is %s", name, got[name], want[name])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d vectors, published are %d", len(got), len(want))
	}
}

// What is published decodes to what is in it, not only back to its bytes.
func TestPublishedTransactionIsAccepted(t *testing.T) {
	n := newNetwork(t)
	ann := n.newChart("ann", n.hospital)
	if v := vectors(t); v["id chart"] != ann.String() || v["key ann sign"] != ann.sign.Public().String() {
		t.Error("the vectors speak of another chart than the tests")
	}
	tx := unhex(t, vectors(t)["transaction"])
	_, h, err := consent.DecodeTx(tx)
	if err != nil || h.Signer != consent.Hash(ann.LogID) || h.N != 1 || h.ValidUntil != 1_800_000_000_000_000_000 {
		t.Errorf("%+v, %v", h, err)
	}
}
