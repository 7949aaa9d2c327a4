package screen

import (
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

// Widths are counted rune by rune, as almost every terminal does and Bubble Tea
// until a terminal says otherwise; counted by clusters, the lines of some scripts
// would be a column too short.

// wrap breaks plain text into lines of at most width columns. It does not break
// at hyphens: half a flag or half a file's name cannot be typed.
func wrap(text string, width int) []string {
	if width < 1 {
		return nil
	}
	text = strings.ReplaceAll(text, "-", hardHyphen)
	text = strings.ReplaceAll(ansi.WrapWc(text, width, ""), hardHyphen, "-")
	return strings.Split(text, "\n")
}

// hardHyphen is a hyphen at which no line breaks.
const hardHyphen = "\u2011"

// para wraps plain text and styles every line by itself, so that lines can be
// put side by side.
func para(style lipgloss.Style, text string, width int) []string {
	lines := wrap(text, width)
	for i, l := range lines {
		lines[i] = style.Render(l)
	}
	return lines
}

// hang puts text beside a label: the label stands before the first line, the
// others begin below its text.
func hang(label string, style lipgloss.Style, text string, width int) []string {
	w := ansi.StringWidthWc(label)
	lines := para(style, text, width-w)
	for i := range lines {
		if i == 0 {
			lines[i] = label + lines[i]
		} else {
			lines[i] = strings.Repeat(" ", w) + lines[i]
		}
	}
	return lines
}

// fit cuts or fills every line to the width, and the lines to the height.
func fit(lines []string, width, height int) []string {
	out := make([]string, height)
	for i := range out {
		if i < len(lines) {
			out[i] = pad(lines[i], width)
		} else {
			out[i] = strings.Repeat(" ", width)
		}
	}
	return out
}

// pad cuts or fills one line to the width.
func pad(line string, width int) string {
	w := ansi.StringWidthWc(line)
	if w > width {
		return ansi.TruncateWc(line, width, "…")
	}
	return line + strings.Repeat(" ", width-w)
}

// indent puts n columns before every line.
func indent(lines []string, n int) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = strings.Repeat(" ", n) + l
	}
	return out
}

// beside puts two blocks next to each other with a line between.
func beside(f frame, left, right []string, leftWidth int) []string {
	rightWidth := f.width - leftWidth - gapWidth
	left, right = fit(left, leftWidth, f.height), fit(right, rightWidth, f.height)
	bar := f.theme.Rule.Render(" │ ")
	out := make([]string, f.height)
	for i := range out {
		out[i] = left[i] + bar + right[i]
	}
	return out
}

const gapWidth = 3

// split says how wide a list is when its detail stands beside it.
func split(width int) int { return min(width/2, 76) }

// bothEnds puts one text at the left end and one at the right; the right one
// gives way.
func bothEnds(left, right string, width int) string {
	room := width - ansi.StringWidthWc(left) - ansi.StringWidthWc(right)
	if room < 2 {
		return pad(left, width)
	}
	return left + strings.Repeat(" ", room) + right
}

func join(lines []string) string { return strings.Join(lines, "\n") }
