package words

// The commands for secrets in shares.
var (
	CmdShares = Command{
		Use:   "shares",
		Short: "Split a secret into shares, and back",
		Long: `Split a secret into shares, and put it together again.

You choose how many shares there are and how many of them it takes: of five, any three, say. Fewer tell nothing about the secret. Each share is a list of 20 or 33 English words on a card of its own, which you give to somebody you trust, or lay in a place that you trust.

This needs no wallet and no network; use a computer that you trust, best one that is offline. The words follow SLIP-0039, so that other programs put them together, too.`,
		Example: `carekey shares split --shares 5 --needed 3 --pdf cards.pdf
carekey shares combine
carekey shares check my-share.txt`,
	}
	CmdSharesSplit = Command{
		Use:   "split",
		Short: "Split a secret into shares",
		Long: `Split a secret into shares.

You are asked for the secret; it is not shown while you type. From another program it comes on standard input, on one line. It is never an argument: arguments stay in your shell's history. A secret is a number in hexadecimal, 32 to 128 digits; with --text it is a text of 16 to 64 bytes, such as a long passphrase. With --new a random secret is made, that nobody has seen: of 128 bits, which makes 20 words a card, or of 256, which makes 33.

Say how many shares there shall be and how many of them are needed. For several circles of people (the family, the friends, a notary) take a --group for each, like 2of3, and say with --groups-needed how many of the circles it takes.

The cards go into files with --out, each into one of its own, or onto paper with --pdf. Without either they are shown on the screen, after a warning and a yes. Before any card is handed out, the secret is put together from the shares once, to be sure that it comes back.

Then give the cards away, delete files of them, and try once with the people concerned: carekey shares check, carekey shares combine.`,
		Example: `carekey shares split --shares 5 --needed 3 --pdf cards.pdf
carekey shares split --shares 3 --needed 2 --text --out cards
carekey shares split --new --bits 256 --shares 5 --needed 3 --out cards
carekey shares split --group 2of3 --group 1of1 --groups-needed 2 \
  --of "Ada Example" --for "The key of the safe" --pdf cards.pdf`,
	}
	CmdSharesCombine = Command{
		Use:   "combine [FILE...]",
		Short: "Put a secret together from its shares",
		Long: `Put a secret together from its shares.

Without files you are asked for one share after another, and are told each time what is still missing. Type the words as they stand on the card, in any case; four letters of each are enough, and numbers and line breaks do no harm. An empty line ends a share. What does not fit is said and left out; what was good is kept.

Files may hold text or be photographs of cards, PNG or JPEG. From another program, shares come as text on standard input, with an empty line between.

The secret is shown on the screen only after a warning and a yes, or is written into a file with --out. With --text it is given as the text that it was. If there was a passphrase, say --passphrase. Nobody can tell a wrong one: it gives another secret.`,
		Example: `carekey shares combine
carekey shares combine ada.txt photo.jpg ben.png
carekey shares combine --text --out secret.txt`,
	}
	CmdSharesCheck = Command{
		Use:   "check [FILE...]",
		Short: "Check a share without showing it",
		Long: `Check a share without showing it.

Says of each whether it is whole, which one it is, how many it takes, and whether it belongs with the others that you give. Neither its words nor the secret are shown; a word that is wrong is named. If the shares are enough, it is tried whether they give what was split.

Without files you are asked for the shares; an empty line ends each, and one more ends it all.`,
		Example: `carekey shares check
carekey shares check ada.txt photo.jpg`,
	}
	CmdSharesPrint = Command{
		Use:   "print [FILE...]",
		Short: "Make the card of a share again",
		Long: `Make the card of a share again: from its words, a file, or a photograph of a card.

The card is shown on the screen after a warning and a yes, with --qr together with the code to scan, or goes into a file or onto paper as with carekey shares split.`,
		Example: `carekey shares print --qr
carekey shares print old.txt --of "Ada Example" --pdf card.pdf`,
	}
)

// The flags of those commands.
const (
	FlagShares      = "how many shares there shall be, 1 to 16"
	FlagNeeded      = "how many of the shares the secret takes"
	FlagGroup       = "a circle of people, like 2of3; once for each circle"
	FlagGroups      = "how many of the circles the secret takes"
	FlagNewSecret   = "make a new random secret"
	FlagBits        = "how long the new secret is: 128, or 256"
	FlagSecretText  = "the secret is a text, not a number"
	FlagSharePhrase = "ask for a passphrase that the shares need besides"
	FlagExponent    = "makes guessing the passphrase slower: 0 to 15"
	FlagNotExtend   = "for other programs from before 2024 that refuse the shares"
	FlagSharesOut   = "write each card into a file of its own in this folder"
	FlagSharesPDF   = "write the cards into this file, to be printed"
	FlagPaper       = "the paper: a4 or letter"
	FlagPlan        = "the number of the plan, in full, as on the old card"
	FlagOf          = "whose secret it is; stands on each card"
	FlagFor         = "what it is for, in a sentence; stands on each card"
	FlagQR          = "draw the code to scan as well, on a wide screen"
	FlagShow        = "show it without asking; the yes stands here"
	FlagSecretOut   = "write the secret into this file, and show nothing"
	FlagAsText      = "give the secret as the text that it was"
	FlagWasPhrase   = "ask for the passphrase of the shares"
)
