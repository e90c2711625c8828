// What the type checker does not see. The limits are those of the Python side.
import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["**/*", "!explorer/**", "!tests/**", "!*.js"] },
  js.configs.recommended,
  {
    languageOptions: { ecmaVersion: 2022, sourceType: "module" },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "complexity": ["error", 20],
      "eqeqeq": "error",
      "max-depth": ["error", 4],
      "max-len": ["error", { code: 120 }],
      "max-lines": ["error", 300],
      "max-lines-per-function": ["error", 60],
      "max-params": ["error", 8],
      "no-alert": "error",
      "no-console": "error",
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-restricted-properties": [
        "error",
        ...["innerHTML", "outerHTML", "insertAdjacentHTML"].map((property) => ({
          property, message: "Names and labels are data: make elements and text nodes.",
        })),
      ],
      "no-shadow": "error",
      "no-var": "error",
      "prefer-const": ["error", { destructuring: "all" }],
    },
  },
  { files: ["explorer/**"], languageOptions: { globals: globals.browser } },
  { files: ["tests/**", "*.js"], languageOptions: { globals: globals.node } },
];
