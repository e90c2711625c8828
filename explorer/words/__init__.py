"""What is explained in words, in two registers: *plain*, without symbols, and *exact*, in the field's terms."""

REGISTERS = ("plain", "exact")
