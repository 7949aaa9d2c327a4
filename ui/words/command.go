package words

import (
	"strings"

	"carekey/consent"
)

// Command is a command's help.
type Command struct{ Use, Short, Long, Example string }

// DefaultProfile is the wallet that is meant when none is named.
const DefaultProfile = "default"

// The groups of commands.
const (
	GroupStart       = "begin"
	GroupYou         = "your wallet"
	GroupInstitution = "for institutions"
	GroupMore        = "more"
)

// The commands.
var (
	CmdRoot = Command{
		Use:   "carekey",
		Short: "See who looked at your medical records, and say who may",
		Long: `See who looked at your medical records, and say who may.

Without a command, your wallet opens: who asks you, what happened since you last looked, and what is allowed now. Everything in it is proven on this computer.`,
		Example: `carekey demo
carekey init
carekey history --since 30d`,
	}
	CmdDemo = Command{
		Use:   "demo",
		Short: "Try everything with made-up records",
		Long: `Try everything with made-up records, on this computer alone.

Starts a hospital, a heart clinic, a laboratory and a licensing board, and opens the wallet of a made-up patient with a year behind her. Nothing of it touches your own wallet. Stop it when you like; it goes on where it was.`,
		Example: `carekey demo
carekey demo --records bundle.json
carekey demo --clean`,
	}
	CmdInit = Command{
		Use:   "init",
		Short: "Make your wallet",
		Long: `Make your wallet: a key that only you have.

The key goes into the keyring of this computer. Where there is none, you are asked whether it may be kept in a file under a passphrase. Then a recovery file is offered; it counts only once it was opened.`,
		Example: `carekey init
carekey init --recovery-file /media/usb/carekey.age
carekey init --from /media/usb/carekey.age`,
	}
	CmdJoin = Command{
		Use:   "join",
		Short: "Open your chart with an invitation",
		Long: `Open your chart at an institution, with its invitation.

The invitation is a secret: it is pasted at a prompt or read from a file, and is never an argument. You compare a few words with the institution before anything is believed.`,
		Example: `carekey join
carekey join --file invitation.txt`,
	}
	CmdStatus = Command{
		Use:   "status",
		Short: "How everything is, in a few lines",
		Long:  "How everything is, in a few lines: whether what is known is whole, what is wrong, what waits for you.",
	}
	CmdSeen = Command{
		Use:   "seen",
		Short: "Say that you have seen a failed proof",
		Long: `Say that you have seen a failed proof, and end its alarm.

The evidence is kept, and a line goes on saying so. If a proof fails again, there is an alarm again. You are asked for each; only the word yes does it.`,
		Example: "carekey seen",
	}
	CmdRequests = Command{
		Use:     "requests [ID]",
		Short:   "Who asks for what",
		Long:    "Who asks for what. With an id, all about that request.",
		Example: "carekey requests\ncarekey requests 4e2a91c0-7",
	}
	CmdApprove = Command{
		Use:   "approve ID",
		Short: "Say yes to a request, as far as you like",
		Long: `Say yes to a request, as far as you like.

Nothing goes through that you do not name: take --types, or --all for every kind of record that was asked for. Sensitive records need --sensitive besides. You read the sentences that you sign, and only the word yes signs them.

` + recordNames(),
		Example: `carekey approve 4e2a91c0-7 --types medicines,allergies --once
carekey approve 4e2a91c0-7 --all --from 2024-01-01 --until 30d`,
	}
	CmdDeny = Command{
		Use:     "deny ID",
		Short:   "Say no to a request",
		Long:    "Say no to a request. No more is asked: a no needs no reason.",
		Example: `carekey deny 4e2a91c0-7`,
	}
	CmdLater = Command{
		Use:     "later ID",
		Short:   "Put a request off",
		Long:    "Put a request off. The institution does not see it, and nothing is answered.",
		Example: "carekey later 4e2a91c0-7 --until 3d",
	}
	CmdRefuse = Command{
		Use:   "refuse INSTITUTION",
		Short: "Refuse everything from one, or lift that",
		Long: `Refuse everything from an institution, or lift that.

Its open requests are refused, its permissions are taken back, copies that have not arrived are stopped, and it can ask for nothing more. What it does in caring for you still appears in your history.`,
		Example: `carekey refuse "Northside Heart Clinic"
carekey refuse Northside --lift`,
	}
	CmdPermissions = Command{
		Use:   "permissions",
		Short: "Everything that is allowed now",
		Long:  "Everything that is allowed now, whether that is proven to be all, and the copies that move because of it.",
	}
	CmdRevoke = Command{
		Use:     "revoke ID",
		Short:   "Take a permission back",
		Long:    "Take a permission back, or stop a copy. Only the word yes does it.",
		Example: "carekey revoke 1a77f00d-3",
	}
	CmdHistory = Command{
		Use:   "history [ID]",
		Short: "Who looked, when and why",
		Long: `Who looked, when and why, newest first. With an id, all about that entry and its proof.

With --export everything that fits is written: csv for a spreadsheet; accounting, of disclosures; or proof, a file that carekey verify checks on any computer.

` + reasonNames(),
		Example: `carekey history --since 30d --institution Northside
carekey history --search "Dr. Lee" --json
carekey history 4e2a91c0-12
carekey history --since 365d --export accounting > accounting.csv
carekey history --institution "City Hospital" --export proof > city.proof`,
	}
	CmdQuery = Command{
		Use:     "query ID",
		Short:   "Ask about an entry that you don't recognise",
		Long:    "Ask about an entry that you don't recognise. The institution must answer in time, and its answer stands beside the entry.",
		Example: `carekey query 4e2a91c0-12 --text "Who was this?"`,
	}
	CmdVerify = Command{
		Use:   "verify FILE",
		Short: "Check a file of evidence, offline",
		Long: `Check a file of evidence, on any computer, offline.

Exit code 0 means that the file proves what it says; 7 that it proves nothing. With --anchor it is checked against the network that you mean; without, against the one that the file names, which is said.`,
		Example: "carekey verify lie-1.evidence --anchor carekey-anchor:…",
	}
	CmdVersion = Command{Use: "version", Short: "What this program is", Long: "What this program is."}
	CmdNode    = Command{
		Use:   "node",
		Short: "Run a node of the network",
		Long: `Run a node of the network, until it is told to stop.

Logs go to standard error. With --metrics, /metrics and /healthz are served.`,
		Example: "carekey node --home /var/lib/carekey-node --metrics 127.0.0.1:9100",
	}
	CmdGateway = Command{
		Use:   "gateway",
		Short: "What an institution does",
		Long:  "What an institution does: run its gateway, invite patients, ask them, look at records, receive copies, answer questions.",
	}
	CmdGatewayRun = Command{
		Use:   "run",
		Short: "Run the gateway",
		Long: `Run the gateway, until it is told to stop.

Records come from the embedded store, or with --fhir from your own FHIR R4 server. A record number is then an identifier of its Patient; where your server keeps identifiers of several systems, name the one of your record numbers with --fhir-system, so that no other number is taken for one. Logs go to standard error; no secret ever does.`,
		Example: `carekey gateway run --home /var/lib/carekey-gateway \
  --fhir https://fhir.example.org/r4 --fhir-token-file /run/secrets/fhir \
  --fhir-system https://hospital.example/record-numbers`,
	}
	CmdGatewayStatus = Command{Use: "status", Short: "How the gateway is", Long: "How the gateway is, which questions of patients wait, and which copies are on their way or may be received again.", Example: "carekey gateway status --home DIR"}
	CmdGatewayInvite = Command{
		Use:     "invite",
		Short:   "Invite the person of a record",
		Long:    "Invite the person of a record. The invitation is a secret for one person; it works once, for seven days.\n\nA record with an open chart takes no second one. Where its owner has the key but has lost the wallet's files, --again makes an invitation by which that key finds the chart; it opens none, for anybody.",
		Example: "carekey gateway invite --home DIR --record MRN-004211",
	}
	CmdGatewayRequest = Command{
		Use:   "request",
		Short: "Ask a patient",
		Long:  "Ask a patient to let you use records that you hold, or with --from to let another institution send you a copy.\n\n" + recordNames() + "\n\n" + purposeNames(),
		Example: `carekey gateway request --home DIR --record "NHC 77" \
  --from "City General Hospital" --types medicines,allergies \
  --name "Dr. Lee" --role cardiologist --why "Your first visit"
carekey gateway request --home DIR --record "NHC 77" \
  --types test-results --purpose research --uses 0 --lasts 365d`,
	}
	CmdGatewayLook = Command{
		Use:   "look",
		Short: "Look at a record; the patient sees it",
		Long:  "Look at a record. The entry that the patient sees is signed before the records are shown.\n\n" + recordNames() + "\n\n" + reasonNames() + "\n\n" + purposeNames(),
		Example: `carekey gateway look --home DIR --record "NHC 77" --types medicines \
  --name "Dr. Lee" --role cardiologist`,
	}
	CmdGatewayAnswer = Command{
		Use:   "answer ID",
		Short: "Answer a patient's question",
		Long:  "Answer a patient's question about an entry. The ids stand in carekey gateway status.",
		Example: `carekey gateway answer 4e2a91c0-31 --home DIR --name "T. Brandt" \
  --text "The night doctor checked your dose."`,
	}
	CmdGatewayCollect = Command{
		Use:   "collect ID",
		Short: "Receive a copy again, if that was allowed",
		Long: `Receive a copy again, where the patient allowed it more than once.

The source reads the records anew and sends what it has by then. The ids stand in carekey gateway status, with how often each may still be used. The patient sees every use.`,
		Example: "carekey gateway collect 4e2a91c0 --home DIR",
	}
	CmdCompletion = Command{Short: "Let your shell complete commands"}
	CmdExitCodes  = Command{
		Use:   "exit-codes",
		Short: "What the exit codes mean",
		Long: `Every command ends with one of these codes:

  0    done
  1    it failed
  2    it was called in a wrong way, or what was given cannot be read
  3    there is nothing by this name
  4    nobody said yes
  5    the key could not be opened: wrong passphrase, or no keyring
  6    an institution, or its own gateway, could not be reached in time
  7    a proof failed, or a share is not genuine
  8    the network or an institution refused
  9    it is in use: by another carekey, or by an act that is not finished
  10   shares of a secret are missing, or do not belong together
  130  it was interrupted

With --json, an error is one line on standard error: {"error":{"code":3,"message":"…"}}`,
	}
)

// recordNames lists what records are called on the command line.
func recordNames() string {
	return "Kinds of records: " + flagList(consent.RecordTypes()) + ".\n\nSensitive records: " + flagList(consent.SensitiveClasses()) + "."
}

func purposeNames() string { return "Purposes: " + strings.Join(PurposeFlags(), ", ") + "." }

func reasonNames() string { return "Reasons: " + strings.Join(BasisFlags(), ", ") + "." }

// The flags.
const (
	FlagProfile = "which of your wallets"
	FlagJSON    = "print JSON of a shape that stays"
	FlagPlain   = "line by line, for screen readers and pipes"

	FlagTypes        = "kinds of records to share, with commas between"
	FlagAll          = "every kind of record that was asked for"
	FlagSensitive    = "sensitive records to share besides, with commas between"
	FlagFrom         = "only records from this day on (2026-01-31)"
	FlagTo           = "only records up to this day (2026-01-31)"
	FlagOnce         = "one time only"
	FlagUntil        = "when the permission ends: a day, or days from now (30d)"
	FlagKept         = "the day after which they must delete their copy"
	FlagYes          = "do not ask; the yes stands here"
	FlagReason       = "why not; they read it"
	FlagLater        = "until when: a day, or days from now"
	FlagLift         = "let the institution ask again"
	FlagInstitution  = "only this institution, by a part of its name"
	FlagKind         = "only this kind: looks, requests, permissions, copies, charts"
	FlagBasis        = "the reason, one of those above"
	FlagSince        = "only from this day on, or from so many days ago (30d)"
	FlagUpTo         = "only up to this day"
	FlagSearch       = "only entries with these words"
	FlagExport       = "write everything that fits: csv, accounting, or proof"
	FlagLimit        = "how many entries"
	FlagOffset       = "how many entries to leave out before"
	FlagText         = "what you ask; without it you are asked for it"
	FlagAnchor       = "the network that you mean, as carekey-anchor:…"
	FlagInvitation   = "read the invitation from this file"
	FlagCompared     = "the words were compared already"
	FlagPassphrase   = "keep the key in a file under a passphrase, not the keyring"
	FlagRecovery     = "write a recovery file here, also of a wallet you have"
	FlagNoRecovery   = "do not offer a recovery file"
	FlagFromRecovery = "bring a wallet back from this recovery file"

	FlagHome         = "folder with keys and stores"
	FlagListen       = "address to listen on (host:port)"
	FlagMetrics      = "address for /metrics and /healthz (host:port)"
	FlagFHIR         = "base URL of your FHIR R4 server, not the embedded store"
	FlagToken        = "file with the bearer token of the FHIR server"
	FlagSystem       = "identifier system (a URI) of your record numbers"
	FlagLogJSON      = "log as JSON"
	FlagDebug        = "log more"
	FlagRecord       = "the record's number in your institution"
	FlagAgain        = "for who has the chart already, and lost the wallet's files"
	FlagSource       = "the institution that holds the records"
	FlagWhy          = "why, in a sentence that the patient reads"
	FlagPurpose      = "what for, one of those above"
	FlagAskTypes     = "kinds of records, with commas between"
	FlagAskSensitive = "sensitive records besides, with commas between"
	FlagUses         = "how often; 0 is as often as needed"
	FlagLasts        = "when the permission ends: a day, or days from now"
	FlagDue          = "when the request ends: a day, or days from now"
	FlagName         = "who acts"
	FlagRole         = "in which role"
	FlagLicence      = "public key of the licence, in hexadecimal"
	FlagPermission   = "number of the permission used, with --basis permission"
	FlagLookTypes    = "kinds of records, with commas between; none means all"
	FlagAnswer       = "the answer; the patient reads it"

	FlagFolder  = "where the demo keeps its files"
	FlagRecords = "a FHIR R4 bundle, or a folder of them, not made-up records"
	FlagQuiet   = "let institutions do nothing by themselves"
	FlagServe   = "run without opening the wallet, until interrupted"
	FlagClean   = "remove everything that the demo left"
)
