package dev.cryo.lower.nvidia;

import dev.cryo.lower.ptx.GlobalInfo;
import dev.cryo.lower.ptx.ModuleLayout;
import dev.cryo.lower.ptx.PtxException;
import dev.cryo.lower.ptx.parse.Outline;
import dev.cryo.lower.ptx.parse.Syntax;
import dev.cryo.lower.ptx.parse.Token;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Takes variables out of a text and puts addresses in the places of their names. */
final class Relocation {
    private final String text;
    private final Outline outline;
    private final List<Token> tokens;
    private final Map<String, Long> addresses;
    private final TextEdit edit;

    private Relocation(String text, Outline outline, Map<String, Long> addresses) {
        this.text = text;
        this.outline = outline;
        this.tokens = outline.tokens();
        this.addresses = addresses;
        this.edit = new TextEdit(text);
    }

    static String relocate(String text, Outline outline, ModuleLayout layout, long globalsAt, long managedAt)
            throws PtxException {
        Map<String, Long> addresses = new HashMap<>(layout.addresses(globalsAt, managedAt));
        layout.globals().stream().filter(GlobalInfo::constant).map(GlobalInfo::name).forEach(addresses::remove);
        return new Relocation(text, outline, addresses).relocate();
    }

    private String relocate() throws PtxException {
        String registers = registers();
        for (Outline.Part part : outline.parts()) {
            switch (part) {
                case Outline.Declaration declaration -> {
                    if (declaration.variables().stream().map(Syntax.Variable::name).anyMatch(addresses::containsKey)) {
                        drop(declaration);
                    } else {
                        values(declaration);
                    }
                }
                case Outline.Routine routine ->
                    new BodyRelocation(outline, addresses, registers, edit).relocate(routine);
                case Outline.Section section -> symbols(section);
            }
        }
        return edit.result();
    }

    /** The beginning of names of registers that no word of the text begins with. */
    private String registers() {
        StringBuilder name = new StringBuilder("%cryo");
        while (text.contains(name)) {
            name.append('_');
        }
        return name.toString();
    }

    /** Leaves the lines of a statement empty, so that those after it keep their numbers. */
    private void drop(Outline.Declaration declaration) {
        int start = tokens.get(declaration.first()).start();
        int end = tokens.get(declaration.end() - 1).end();
        edit.replace(start, end, "\n".repeat((int) text.substring(start, end).chars().filter(c -> c == '\n').count()));
    }

    /** Replaces addresses in initial values of variables that stay. */
    private void values(Outline.Declaration declaration) throws PtxException {
        for (int at = declaration.first(); at < declaration.end(); at++) {
            Long address = address(at);
            if (address == null) {
                continue;
            }
            int first = at;
            int end = at + 1;
            if (tokens.get(at - 1).is("(") && tokens.get(at - 2).is("generic")) {
                first = at - 2;
                end = at + 2;
            }
            Outline.Sum sum = outline.sum(end);
            long value = address + sum.value();
            end = sum.end();
            if (tokens.get(first - 1).is("(") && tokens.get(first - 2).kind() == Token.Kind.NUMBER) {
                value = value >>> Long.numberOfTrailingZeros(outline.integer(first - 2)) & 0xff;
                first -= 2;
                end++;
            }
            replace(first, end, value);
        }
    }

    /** Debug information tells where variables lie; so it shall. */
    private void symbols(Outline.Section section) throws PtxException {
        for (int at = section.first(); at < section.end(); at++) {
            Long address = address(at);
            if (address != null) {
                Outline.Sum sum = outline.sum(at + 1);
                replace(at, sum.end(), address + sum.value());
            }
        }
    }

    private @Nullable Long address(int at) {
        Token token = tokens.get(at);
        return token.isName() ? addresses.get(token.text()) : null;
    }

    private void replace(int first, int end, long value) {
        edit.replace(tokens.get(first).start(), tokens.get(end - 1).end(), "0x" + Long.toHexString(value));
    }
}
