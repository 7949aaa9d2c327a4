package screen

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"carekey/consent"
	"carekey/ui/internal/uitest"
	"carekey/wallet"
)

func TestApprove(t *testing.T) {
	d := drive(t, rich(), 80, 24)
	d.press("2", "a", "space", "j", "space", "enter")
	if !d.sees("This is what you would sign") || !d.sees("may receive a copy of your medicines and allergies from City General Hospital") {
		t.Fatalf("got\n%s", d.screen())
	}
	d.expect()
	d.press("y")
	d.expect(`approve 7: medicines and allergies; sensitive nothing; "" to ""; 1 uses; until 2026-12-20; kept ""`)
	if !d.sees("Your yes is on its way to Northside Heart Clinic.") {
		t.Errorf("got\n%s", d.screen())
	}
}

func TestTheNoticeOfAnActGoesWithIt(t *testing.T) {
	d := drive(t, rich(), 80, 24)
	d.press("2", "a", "space", "j", "space", "enter", "y")
	const notice = "Your yes is on its way to Northside Heart Clinic."
	d.news(func(s *wallet.Snapshot) {
		s.Sending = []wallet.Sending{{Kind: wallet.ActApprove}, {Kind: wallet.ActQuery}}
	})
	if !d.sees(notice) {
		t.Errorf("while it is on its way, got\n%s", d.screen())
	}
	d.news(func(s *wallet.Snapshot) { s.Sending = s.Sending[1:] })
	if d.sees(notice) {
		t.Errorf("when it is proven, got\n%s", d.screen())
	}
}

func TestApproveNarrowed(t *testing.T) {
	d := drive(t, rich(), 80, 24)
	d.press("2", "a", "*", "j", "j", "j", "j", "space") // mental health
	d.press("j", "right", "right")                      // from: a year ago
	d.press("j", "right")                               // to: today
	d.press("j", "j", "right", "right")                 // how long: a week
	d.press("j", "right")                               // kept: three months
	d.press("enter", "y")
	d.expect(`approve 7: medicines, allergies, conditions, and test results; sensitive mental health; "2025-11-20" to "2026-11-20"; 1 uses; until 2026-11-27; kept "2027-02-20"`)
}

func TestSentencesMustBeRead(t *testing.T) {
	d := drive(t, rich(), 40, 12)
	d.press("2", "a", "*", "enter", "y")
	d.expect()
	d.press("G", "end", "y") // to the end without what lies between
	d.expect()
	for range 10 {
		d.press("space")
	}
	d.press("y")
	if len(d.w.Did()) != 1 {
		t.Errorf("after reading on, the wallet was asked %v:\n%s", d.w.Did(), d.screen())
	}
}

func TestDeny(t *testing.T) {
	d := drive(t, rich(), 80, 24)
	d.press("2", "d", "y")
	d.expect(`deny 7: ""`)
}

func TestDenySayingWhy(t *testing.T) {
	d := drive(t, rich(), 80, 24)
	d.press("2", "j", "d", "w").write("Not \u202enow").press("enter")
	if !d.sees("You say: “Not now”") {
		t.Errorf("got\n%s", d.screen())
	}
	d.press("y")
	d.expect(`deny 21: "Not now"`)
}

func TestLater(t *testing.T) {
	d := drive(t, rich(), 80, 24)
	d.press("2", "l")
	d.expect("put off 7 until 2026-11-21 09:00")
}

func TestRefuseEverything(t *testing.T) {
	d := drive(t, rich(), 80, 24)
	d.press("2", "b", "y")
	d.expect("block 4e true")
}

func TestLetAskAgain(t *testing.T) {
	d := drive(t, rich(), 80, 24)
	d.press("4", "j", "j", "j", "j", "u", "y")
	d.expect("block ee false")
}

func TestRevokeInTwoKeys(t *testing.T) {
	d := drive(t, rich(), 80, 24)
	d.press("4", "j", "r", "y")
	d.expect("revoke c1/3/00")
}

func TestStopTransferInTwoKeys(t *testing.T) {
	d := drive(t, rich(), 80, 24)
	d.press("4", "r")
	if !d.sees("Northside Heart Clinic may have it") {
		t.Errorf("it does not say that the data may be there:\n%s", d.screen())
	}
	d.press("y")
	d.expect("revoke 4e/0/7f")
}

func TestWhatIsBeingTakenBackCannotBeAgain(t *testing.T) {
	d := drive(t, rich(), 80, 24)
	d.press("4", "j", "j", "j", "r", "y")
	d.expect()
}

func TestNotRecognised(t *testing.T) {
	d := drive(t, rich(), 80, 24)
	d.press("3", "x").write(" Please!").press("enter", "y")
	d.expect(`query c1/2000000: "I don't recognise this. Who was it, and why? Please!"`)
}

func TestProblemsGoInOrder(t *testing.T) {
	d := drive(t, alarmed(), 80, 24)
	d.press("!")
	if !d.sees("1 of 5") || !d.sees("A proof failed at Lakeview Laboratory") {
		t.Errorf("got\n%s", d.screen())
	}
	d.press("right")
	if !d.sees("2 of 5") {
		t.Errorf("got\n%s", d.screen())
	}
}

// TestASeenLie ends an alarm after a question, and no other problem.
func TestASeenLie(t *testing.T) {
	w := alarmed()
	d := drive(t, w, 80, 24)
	d.press("!", "s")
	if !d.sees("Have you seen this?") || !d.sees("The evidence is kept") {
		t.Errorf("got\n%s", d.screen())
	}
	d.press("enter")
	if slices.ContainsFunc(w.Did(), func(did string) bool { return strings.HasPrefix(did, "seen") }) {
		t.Error("enter said yes")
	}
	d.press("!", "s", "y")
	if !slices.Contains(w.Did(), "seen head of size 12 does not extend 14 at Lakeview Laboratory") {
		t.Errorf("the wallet was asked %q", w.Did())
	}
	d.press("!", "right", "s")
	if d.sees("Have you seen this?") {
		t.Errorf("another problem ends by being seen\n%s", d.screen())
	}
}

func TestWhatFailedIsExplained(t *testing.T) {
	w := rich()
	w.Err = errors.New("the \x1b[31mclinic refused it")
	d := drive(t, w, 80, 24)
	d.press("2", "d", "y")
	if !d.sees("Your no did not go out") || !d.sees("Nothing was shared by this") || !d.sees("the clinic refused it") {
		t.Errorf("got\n%s", d.screen())
	}
	d.press("enter")
	if d.m.dialogs.top() != nil {
		t.Error("it cannot be closed")
	}
}

// TestGrace types ahead: keys meant for the list must not answer the question
// that has just appeared.
func TestGrace(t *testing.T) {
	for _, keys := range [][]string{{"2", "d", "y"}, {"2", "b", "y"}, {"4", "r", "y"}} {
		d := drive(t, rich(), 80, 24)
		for _, k := range keys {
			d.atOnce(k)
		}
		d.expect()
		if d.m.dialogs.top() == nil {
			t.Errorf("%v: the question is gone", keys)
		}
		d.press("y")
		if len(d.w.Did()) != 1 {
			t.Errorf("%v: after the grace, the wallet was asked %v", keys, d.w.Did())
		}
	}
}

// TestGraceIsOfItsOwnDialog lets the time of an earlier dialog come after a
// later one was opened.
func TestGraceIsOfItsOwnDialog(t *testing.T) {
	d := drive(t, rich(), 80, 24)
	d.atOnce("2")
	d.atOnce("d")
	first := d.m.dialogs.open[0].serial
	d.ripen()
	d.atOnce("esc")
	d.atOnce("b")
	d.send(graceMsg{first})
	d.atOnce("y")
	d.expect()
}

// TestEnterMeansNotNow presses Enter, Escape and n on every fresh question.
func TestEnterMeansNotNow(t *testing.T) {
	for _, way := range [][]string{{"2", "a"}, {"2", "d"}, {"2", "b"}, {"4", "r"}, {"4", "j", "j", "j", "j", "u"}, {"2", "a", "*", "enter"}, {"2", "d", "w"}} {
		for _, no := range []string{"enter", "esc"} {
			d := drive(t, rich(), 80, 24)
			d.press(way...)
			depth := len(d.m.dialogs.open)
			if depth == 0 {
				t.Fatalf("%v opens no question", way)
			}
			d.press(no)
			d.expect()
			if len(d.m.dialogs.open) != depth-1 {
				t.Errorf("%s after %v does not mean no:\n%s", no, way, d.screen())
			}
		}
	}
}

func TestARequestThatWaitsCannotBeApproved(t *testing.T) {
	d := drive(t, rich(), 80, 24)
	d.press("2", "G", "a", "y", "enter")
	d.expect()
	if !d.sees("Requests") {
		t.Errorf("got\n%s", d.screen())
	}
}

// TestTheChosenRequestStays changes the list below the cursor: the key that
// follows must concern what was chosen.
func TestTheChosenRequestStays(t *testing.T) {
	d := drive(t, rich(), 80, 24)
	d.press("2", "j") // the study
	d.news(func(s *wallet.Snapshot) {
		first := s.Requests[0]
		first.ID.Number = 99
		s.Requests = append([]wallet.Request{first}, s.Requests...)
	})
	d.press("d", "y")
	d.expect(`deny 21: ""`)
}

func TestARequestThatEndsClosesItsPage(t *testing.T) {
	d := drive(t, rich(), 80, 24)
	d.press("2", "enter")
	d.news(func(s *wallet.Snapshot) { s.Requests = s.Requests[1:] })
	if d.m.places[requests].(*requestsScreen).inside {
		t.Errorf("another request stands in its place:\n%s", d.screen())
	}
}

func TestTheChosenPermissionStays(t *testing.T) {
	d := drive(t, rich(), 80, 24)
	d.press("4", "j")
	d.news(func(s *wallet.Snapshot) {
		s.Permissions = append([]wallet.Permission{{Chart: consent.LogID{0x1a}, Grant: 50, Institution: "X", Until: uitest.Now.Add(time.Hour)}}, s.Permissions...)
	})
	d.press("r", "y")
	d.expect("revoke c1/3/00")
}

// TestAnAnswerUnderWayIsNotGivenAgain keeps the answer's keys away while the
// first answer is not proven.
func TestAnAnswerUnderWayIsNotGivenAgain(t *testing.T) {
	d := drive(t, rich(), 80, 24)
	d.news(func(s *wallet.Snapshot) {
		s.Sending = []wallet.Sending{{Kind: wallet.ActDeny, Institution: "Northside Heart Clinic", Target: s.Requests[0].ID}}
	})
	d.press("2")
	if !d.sees("your no is on its way") {
		t.Errorf("got\n%s", d.screen())
	}
	d.press("a", "*", "enter", "y", "d", "y")
	d.expect()
}

func TestOnlyEntriesOfChartsCanBeAskedAbout(t *testing.T) {
	d := drive(t, rich(), 80, 24)
	h := d.m.places[history].(*historyScreen)
	d.press("3", "j", "j", "j") // asked about already
	if _, ok := h.keys(d.m.body()).find("x"); ok {
		t.Error("a question that waits can be asked again")
	}
	d.press("g")
	h.chosen().Chart = consent.LogID{}
	if _, ok := h.keys(d.m.body()).find("x"); ok {
		t.Error("a step of a copy can be asked about")
	}
}

func TestANewRequestIsTold(t *testing.T) {
	d := drive(t, rich(), 120, 24)
	d.news(func(s *wallet.Snapshot) {
		r := s.Requests[0]
		r.ID.Number, r.Institution = 99, "Riverside Eye Clinic"
		s.Requests = append(s.Requests, r)
	})
	if !d.sees("New request: Riverside Eye Clinic (Dr. Lee, cardiologist)") || !d.sees("2 Requests (4)") {
		t.Errorf("got\n%s", d.screen())
	}
	d.send(tickMsg(uitest.Now.Add(noticeFor)))
	if d.sees("New request: Riverside") {
		t.Error("the notice stays")
	}
}
