package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"carekey/consent"
	"carekey/ledger"
	"carekey/wallet/keys"
)

// town is a network of one hospital whose ledger key is here, with the charts
// of its patients.
type town struct {
	home     string
	genesis  *consent.Genesis
	file     []byte
	hospital signer
	id       consent.InstitutionID
}

const townChain = "carekey-bench-1"

// newTown makes the home of a ledger that begins at start.
func newTown(home string, start time.Time) (*town, error) {
	hospital, err := newSigner()
	if err != nil {
		return nil, err
	}
	tls, err := newSigner()
	if err != nil {
		return nil, err
	}
	t := &town{home: home, hospital: hospital}
	t.genesis = &consent.Genesis{
		Version: 1, Chain: townChain, Time: start.UTC().Truncate(time.Second), Params: consent.DefaultParams(),
	}
	if _, err := rand.Read(t.genesis.Network[:]); err != nil {
		return nil, err
	}
	t.id = consent.NewInstitutionID(t.genesis.Network, hospital.Public())
	t.genesis.Registry = [][]byte{consent.Encode(consent.RegistryFields{Institution: &consent.Institution{
		ID: t.id, Kind: consent.Hospital, Name: townHospital, Place: "12 Harbour Road",
		Ledger: []consent.LedgerKey{{Key: hospital.Public()}}, TLS: []consent.LedgerKey{{Key: tls.Public()}},
		Addresses: []string{"127.0.0.1:1"},
	}})}
	validator, err := ledger.NewValidator(home)
	if err != nil {
		return nil, err
	}
	if t.file, err = ledger.NewGenesis(t.genesis, validator); err != nil {
		return nil, err
	}
	return t, ledger.InstallGenesis(home, t.file)
}

const townHospital = "City Hospital"

func (t *town) anchor() consent.Anchor {
	return consent.Anchor{Version: 1, Network: t.genesis.Network, Genesis: ledger.GenesisHash(t.file)}
}

// chart is a patient's chart at the hospital.
type chart struct {
	*town
	keys    consent.ChartKeys
	patient consent.Signer
	log     consent.LogID
}

// newChart makes a chart whose keys nobody derived.
func (t *town) newChart() (*chart, error) {
	patient, err := newSigner()
	if err != nil {
		return nil, err
	}
	tls, err := newSigner()
	if err != nil {
		return nil, err
	}
	return t.chartOf(patient, consent.ChartKeys{Institution: t.id, Sign: patient.Public(), TLS: tls.Public()}), nil
}

// walletChart is the chart that the wallet of a master secret finds.
func (t *town) walletChart(agent *keys.Agent) (*chart, error) {
	k, err := agent.Chart(keys.ChartName{Master: agent.Current(), Network: t.genesis.Network, Institution: t.id})
	if err != nil {
		return nil, err
	}
	return t.chartOf(k.Signer, k.Keys()), nil
}

func (t *town) chartOf(patient consent.Signer, k consent.ChartKeys) *chart {
	return &chart{
		town: t, keys: k, patient: patient,
		log: consent.NewLogID(consent.ChartLog, t.genesis.Network, t.id, k.Sign),
	}
}

// open is the transaction that opens the chart at a moment.
func (c *chart) open(at time.Time) ([]byte, error) {
	until := consent.At(at).Add(consent.InvitationLife)
	sponsor, err := c.hospital.Sign(consent.OpenStatement(townChain, c.log, c.keys, until))
	if err != nil {
		return nil, err
	}
	a, err := newAuthor(at)
	if err != nil {
		return nil, err
	}
	a.Kind, a.Log, a.Signer = consent.SignerPatient, c.log, c.patient
	fields := consent.OpenFields{Keys: c.keys, Until: until, Sponsor: sponsor}
	return consent.NewTx(a, consent.NewItem(c.log, consent.ClassOpen, fields, consent.Hash{}))
}

// batch is a transaction of the hospital.
func (t *town) batch(at time.Time, items ...consent.Item) ([]byte, error) {
	a, err := newAuthor(at)
	if err != nil {
		return nil, err
	}
	a.Kind, a.Institution, a.Signer = consent.SignerInstitution, t.id, t.hospital
	return consent.NewTx(a, items...)
}

func newAuthor(at time.Time) (consent.Author, error) {
	nonce, err := consent.NewNonce()
	return consent.Author{Chain: townChain, Nonce: nonce, ValidUntil: consent.At(at).Add(10 * time.Minute)}, err
}

// access is the serial-th look at the chart; its private part is of no matter.
func (c *chart) access(serial int) consent.Item {
	return consent.NewItem(c.log, consent.ClassAccess, consent.AccessFields{}, consent.Sum(fmt.Append(nil, serial)))
}

// written is what a past's results must say.
func written(results []consent.Result, err error) error {
	if err != nil {
		return err
	}
	for _, r := range results {
		if r.Code != consent.CodeOK {
			return fmt.Errorf("the ledger refuses a transaction: %s", r.Text)
		}
		for _, i := range r.Items {
			if i.Code != consent.CodeOK {
				return errors.New("the ledger refuses an item of a transaction")
			}
		}
	}
	return nil
}

// signer signs with a key in memory.
type signer struct{ key ed25519.PrivateKey }

func newSigner() (signer, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	return signer{key}, err
}

// Public is the public half.
func (s signer) Public() consent.PublicKey {
	return consent.PublicKey(s.key.Public().(ed25519.PublicKey))
}

// Sign signs a statement.
func (s signer) Sign(st consent.Statement) (consent.Signature, error) {
	return consent.Signature(ed25519.Sign(s.key, st.Bytes())), nil
}
