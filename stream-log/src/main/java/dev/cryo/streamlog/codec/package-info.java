/**
 * Binary encoding of records, derived from their components.
 *
 * <p>A record of primitives, strings, arrays, enums, records and lists of records has a codec without a line written
 * for
 * it: {@link dev.cryo.streamlog.codec.RecordCodec} generates one as a hidden class when the record is first met. A
 * {@link
 * dev.cryo.streamlog.codec.Vocabulary} puts the opcode of a sealed interface's record before it. All numbers are
 * little-endian and of fixed width; docs/wire-protocol.md has the table.
 *
 * <p>Guarantee: decoding bytes from outside gives a record or a {@link
 * dev.cryo.streamlog.codec.MalformedDataException},
 * never another exception, and never allocates more than the bytes that are there.
 */
@NullMarked
package dev.cryo.streamlog.codec;

import org.jspecify.annotations.NullMarked;
