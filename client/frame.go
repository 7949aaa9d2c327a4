package client

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"carekey/consent"
)

// A frame is a big-endian uint32 length and as many bytes. A request is CBOR
// [op, body], an answer CBOR [status, body]; op and status are below 24, so
// the first two bytes of a message say what follows and how long it may be.

const (
	arrayOfTwo     = 0x82 // RFC 8949 §3.1: array of two items
	statusOK       = 0
	statusFault    = 1
	messagePrefix  = 2
	frameLenBytes  = 4
	growFrameBytes = 64 << 10
)

// ErrFrame means that the other side sent bytes which are no message, or one
// over the limit; the connection is of no further use.
var ErrFrame = errors.New("the other side sent something that is not a message")

// writeFrame sends one frame.
func writeFrame(w io.Writer, payload []byte) error {
	frame := make([]byte, frameLenBytes, frameLenBytes+len(payload))
	binary.BigEndian.PutUint32(frame, uint32(len(payload)))
	_, err := w.Write(append(frame, payload...))
	return err
}

// encodeMessage is the payload of a request or an answer.
func encodeMessage(tag uint8, body any) []byte {
	return append([]byte{arrayOfTwo, tag}, consent.Encode(body)...)
}

// readLength reads a frame's length.
func readLength(r io.Reader) (int, error) {
	var head [frameLenBytes]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > 1<<30 {
		return 0, fmt.Errorf("%w: a frame of %d bytes", ErrFrame, n)
	}
	return int(n), nil
}

// readMessage reads the rest of a message of n bytes. The limit follows from
// its tag; memory grows with what arrives, not with what was announced.
func readMessage(r io.Reader, n int, limit func(tag uint8) (int, error)) (uint8, []byte, error) {
	if n <= messagePrefix {
		return 0, nil, fmt.Errorf("%w: a message of %d bytes", ErrFrame, n)
	}
	var prefix [messagePrefix]byte
	if _, err := io.ReadFull(r, prefix[:]); err != nil {
		return 0, nil, noEOF(err)
	}
	tag := prefix[1]
	if prefix[0] != arrayOfTwo || tag >= 24 {
		return 0, nil, fmt.Errorf("%w: it begins with % x", ErrFrame, prefix)
	}
	most, err := limit(tag)
	if err != nil {
		return tag, nil, err
	}
	if n-messagePrefix > most {
		return tag, nil, fmt.Errorf("%w: %d bytes where %d are allowed", ErrFrame, n-messagePrefix, most)
	}
	body, err := readBytes(r, n-messagePrefix)
	return tag, body, err
}

// readBytes reads exactly n bytes.
func readBytes(r io.Reader, n int) ([]byte, error) {
	if n <= growFrameBytes {
		b := make([]byte, n)
		_, err := io.ReadFull(r, b)
		return b, noEOF(err)
	}
	var buf bytes.Buffer
	buf.Grow(growFrameBytes)
	_, err := io.CopyN(&buf, r, int64(n))
	return buf.Bytes(), noEOF(err)
}

// noEOF makes an end in the middle of a frame an unexpected one.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// requestLimit is the limit of a request.
func requestLimit(tag uint8) (int, error) {
	op := Op(tag)
	if !op.Known() {
		return 0, fmt.Errorf("%w: operation %d is not known", ErrFrame, tag)
	}
	return shapes[op].request, nil
}

// answerLimit is the limit of an answer to op.
func answerLimit(op Op) func(uint8) (int, error) {
	return func(tag uint8) (int, error) {
		switch tag {
		case statusOK:
			return shapes[op].response, nil
		case statusFault:
			return maxFaultBytes, nil
		}
		return 0, fmt.Errorf("%w: status %d is not known", ErrFrame, tag)
	}
}
