package dev.cryo.lower.ptx.parse;

import dev.cryo.lower.ptx.PtxException;
import dev.cryo.lower.ptx.parse.Syntax.Body;
import dev.cryo.lower.ptx.parse.Syntax.Function;
import dev.cryo.lower.ptx.parse.Syntax.Variable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Parses a PTX module: its directives, variables and functions. */
public final class Parser {
    private static final Set<String> LINKAGE = Set.of(".visible", ".extern", ".weak", ".common");
    private static final Set<String> SPACES = Set.of(".global", ".const", ".shared", ".local", ".param", ".tex");
    private static final Set<String> NUMBERED = Set.of(".maxntid", ".reqntid", ".minnctapersm", ".maxnctapersm",
            ".maxnreg", ".reqnctapercluster", ".maxclusterrank", ".abi_preserve", ".abi_preserve_control");
    private static final Set<String> BARE = Set.of(".noreturn", ".explicitcluster", ".blocksareclusters", ".unified");

    private final Tokens tokens;
    private final boolean bodies;
    private final List<Outline.Part> parts = new ArrayList<>();

    private Parser(List<Token> tokens, boolean bodies) {
        this.tokens = new Tokens(tokens);
        this.bodies = bodies;
    }

    /** Parses a whole text. */
    public static Syntax.Module parse(String text) throws PtxException {
        return new Parser(Lexer.tokens(text), true).module();
    }

    /** Parses what stands outside of the bodies of functions, and so PTX whose instructions are not known. */
    public static Outline outline(String text) throws PtxException {
        List<Token> tokens = Lexer.tokens(text);
        Parser parser = new Parser(tokens, false);
        Syntax.Module module = parser.module();
        return new Outline(module, tokens, parser.parts);
    }

    private Syntax.Module module() throws PtxException {
        tokens.expect(".version");
        String version = tokens.take(Token.Kind.NUMBER, "a version number").text();
        tokens.expect(".target");
        String target = tokens.take(Token.Kind.WORD, "a target name").text();
        while (tokens.accept(",")) {
            tokens.take(Token.Kind.WORD, "a target name");
        }
        List<Variable> variables = new ArrayList<>();
        List<Function> functions = new ArrayList<>();
        while (tokens.peek().kind() != Token.Kind.END) {
            definition(variables, functions);
        }
        return new Syntax.Module(version, target, variables, functions);
    }

    private void definition(List<Variable> variables, List<Function> functions) throws PtxException {
        Token token = tokens.peek();
        if (token.is(".address_size")) {
            tokens.next();
            Token size = tokens.take(Token.Kind.NUMBER, "an address size");
            if (!size.is("64")) {
                throw PtxException.unsupported(size.line(), "address size " + size.text());
            }
        } else if (token.is(".file") || token.is(".loc")) {
            tokens.skipLine();
        } else if (token.is(".section")) {
            int first = tokens.position();
            tokens.skipSection();
            parts.add(new Outline.Section(first, tokens.position()));
        } else if (token.is(".pragma")) {
            tokens.skipStatement();
        } else {
            int first = tokens.position();
            String linkage = "";
            while (LINKAGE.contains(tokens.peek().text())) {
                linkage = tokens.next().text();
            }
            Token start = tokens.peek();
            if (start.is(".entry") || start.is(".func")) {
                functions.add(function());
            } else if (SPACES.contains(start.text())) {
                List<Variable> declared = variables(tokens, linkage);
                variables.addAll(declared);
                parts.add(new Outline.Declaration(first, tokens.position(), declared));
            } else if (start.is(".alias")) {
                if (bodies) {
                    throw PtxException.unsupported(start.line(), "directive .alias");
                }
                tokens.skipStatement();
            } else {
                throw PtxException.invalid(start.line(), "expected a directive but found " + start.shown());
            }
        }
    }

    private Function function() throws PtxException {
        Token kind = tokens.next();
        boolean entry = kind.is(".entry");
        while (tokens.peek().kind() == Token.Kind.WORD && tokens.peek().text().startsWith(".")) {
            tokens.next();
        }
        List<Variable> results = !entry && tokens.peek().is("(") ? parameters() : List.of();
        Token name = tokens.take(Token.Kind.WORD, "a function name");
        List<Variable> parameters = tokens.peek().is("(") ? parameters() : List.of();
        Map<String, List<Long>> directives = new LinkedHashMap<>();
        while (tokens.peek().kind() == Token.Kind.WORD) {
            performanceDirective(directives);
        }
        @Nullable Body body = null;
        if (!tokens.accept(";")) {
            if (bodies) {
                body = new BodyParser(tokens).parse();
            } else {
                int first = tokens.position();
                tokens.skipBody();
                List<Variable> formal = new ArrayList<>(results);
                formal.addAll(parameters);
                parts.add(new Outline.Routine(first, tokens.position(), formal));
            }
        }
        return new Function(kind.line(), entry, name.text(), parameters, directives, body);
    }

    private void performanceDirective(Map<String, List<Long>> directives) throws PtxException {
        Token directive = tokens.next();
        if (directive.is(".pragma")) {
            tokens.skipStatement();
        } else if (BARE.contains(directive.text())) {
            directives.put(directive.text(), List.of());
        } else if (NUMBERED.contains(directive.text())) {
            List<Long> numbers = new ArrayList<>();
            do {
                numbers.add(tokens.integer());
            } while (tokens.accept(","));
            directives.put(directive.text(), numbers);
        } else if (bodies) {
            throw PtxException.invalid(directive.line(), "unknown directive " + directive.shown());
        } else {
            while (tokens.peek().kind() == Token.Kind.NUMBER || tokens.peek().is(",")) {
                tokens.next();
            }
        }
    }

    private List<Variable> parameters() throws PtxException {
        tokens.expect("(");
        List<Variable> parameters = new ArrayList<>();
        while (!tokens.accept(")")) {
            if (!parameters.isEmpty()) {
                tokens.expect(",");
            }
            Token space = tokens.peek();
            if (!space.is(".param") && !space.is(".reg")) {
                throw PtxException.invalid(space.line(), "expected .param but found " + space.shown());
            }
            parameters.add(new VariableParser(tokens, "").parameter());
        }
        return parameters;
    }

    static List<Variable> variables(Tokens tokens, String linkage) throws PtxException {
        return new VariableParser(tokens, linkage).declaration();
    }
}
