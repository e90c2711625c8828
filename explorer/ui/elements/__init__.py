"""What Streamlit does not have: elements that a browser draws from numbers, and that report what a person chose."""
