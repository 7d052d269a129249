"""Spreadsheets, in and out: CSV and XLSX as rows of plain values. Knows no model."""
