package dev.cryo.lower.ptx.parse;

import dev.cryo.lower.ptx.PtxException;
import dev.cryo.lower.ptx.parse.Syntax.Variable;
import java.util.List;

/**
 * A PTX module of which only what stands outside of the bodies of functions was parsed, with its tokens, so that text
 * can be changed without touching the rest of it.
 *
 * @param module its functions have no bodies
 * @param tokens all of them; the last one is the end
 * @param parts in the order of the text
 */
public record Outline(Syntax.Module module, List<Token> tokens, List<Part> parts) {
    /** With copies of the lists. */
    public Outline {
        tokens = List.copyOf(tokens);
        parts = List.copyOf(parts);
    }

    /** Some tokens that stand at module level. */
    public sealed interface Part {
        /** The index of the first token. */
        int first();

        /** The index after the last token. */
        int end();
    }

    /** A statement that declares variables, with what precedes it as {@code .visible} and with its semicolon. */
    public record Declaration(int first, int end, List<Variable> variables) implements Part {
    }

    /**
     * A body of a function with its braces.
     *
     * @param formal results and parameters of the function
     */
    public record Routine(int first, int end, List<Variable> formal) implements Part {
    }

    /** Debug information. */
    public record Section(int first, int end) implements Part {
    }

    /**
     * What is added to a name.
     *
     * @param end the index after the last token that was read
     */
    public record Sum(long value, int end) {
    }

    /** Reads {@code +4}, {@code +-4} or several of them from a token on; 0 when nothing is added there. */
    public Sum sum(int first) throws PtxException {
        Tokens cursor = new Tokens(tokens.subList(first, tokens.size()));
        long value = cursor.sum();
        return new Sum(value, first + cursor.position());
    }

    /** Reads an integer literal. */
    public long integer(int at) throws PtxException {
        return new Tokens(tokens.subList(at, tokens.size())).integer();
    }
}
