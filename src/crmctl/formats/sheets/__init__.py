"""What tables of rows and cells share, whatever file holds them: header, footer, remarks, kinds of cells."""
