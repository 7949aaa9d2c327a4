// Package fhir reads, narrows, files and writes health records as FHIR R4
// (4.0.1, http://hl7.org/fhir/R4).
//
// A record stays the JSON it came as, byte for byte; beside it stand only the
// few facts that decide about it: its type in people's words, the days it tells
// about, the sensitive classes it touches, and where its references stand. They
// are read in one strict pass, so that what decides and what is sent cannot be
// two readings of one text: repeated or escaped names where a decision hangs on
// them are refused, not guessed at.
//
// A large record need not be in memory for that: an [Outline] has the facts, and
// the text is read again when it is written or filed, and refused if it is not
// the one that was judged.
//
// # Fail closed
//
// What cannot be judged is left out, and the manifest says so: an unknown
// resource type, a date that may lie outside the wanted days, a security label
// that names no known class, a record of another patient. One bad record never
// keeps a good one back.
//
// # Sensitive records
//
// Security labels come first (HL7 v3 ActCode and Confidentiality). The code
// lists over ICD-10, SNOMED CT, LOINC, ATC and medicine names are this project's
// own, made from general knowledge: a second net under the labels, not a
// terminology service. What a record says only in free text is not judged.
//
// The package is pure: it does no I/O but through the readers and writers it is
// given, reads no clock and keeps no state.
package fhir
