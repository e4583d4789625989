package dev.cryo.lower.nvidia;

import java.util.OptionalInt;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Looks for variables of a module in text that may not be PTX, as it is known here. */
final class VariableScan {
    /** What hides braces and directives, what nests, and the directives that are looked for. */
    private static final Pattern INTERESTING = Pattern.compile(
            "//[^\n]*|/\\*.*?(?:\\*/|\\z)|\"(?:[^\"\\\\\n]++|\\\\.)*+\"?|[{}()]|[.](?:global|const)(?![\\w.$:])",
            Pattern.DOTALL);
    private static final Pattern OPAQUE = Pattern.compile("[.](?:texref|samplerref|surfref)\\b");

    private VariableScan() {
    }

    /** The line of the first variable in global or constant memory, counted from 1. */
    static OptionalInt firstVariable(String text) {
        int depth = 0;
        Matcher matcher = INTERESTING.matcher(text);
        while (matcher.find()) {
            switch (text.charAt(matcher.start())) {
                case '{', '(' -> depth++;
                case '}', ')' -> depth = Math.max(0, depth - 1);
                case '.' -> {
                    if (depth == 0 && !isOpaque(text, matcher.toMatchResult())) {
                        return OptionalInt.of(1 + (int) text.chars().limit(matcher.start()).filter(c -> c == '\n')
                                .count());
                    }
                }
                default -> {
                    // A comment or a string.
                }
            }
        }
        return OptionalInt.empty();
    }

    private static boolean isOpaque(String text, MatchResult directive) {
        int end = text.indexOf(';', directive.end());
        return OPAQUE.matcher(text.substring(directive.end(), end < 0 ? text.length() : end)).find();
    }
}
