"""The app's frame: page table, sidebar, caches, interactive elements. Only this and pages/ know Streamlit."""
